#!/bin/sh
# Breaks core, one line at a time, and says how many random scenarios `pbft explore` needs to find it: how far its
# silence can be trusted. Not every mutant can be found so: some break what only a few messages in a row would show.
#
#   explore.sh [--runs N] [NAME...]    mutants of mutants.list; without names those below
#
# Works on a copy of the tree. Exit 1 only if a mutant does not build or changed nothing, or the unbroken tree is found
# to be wrong.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
runs=2000
[ "${1-}" != --runs ] || { runs=$2; shift 2; }
names=${*:-one_prepare_too_few one_commit_too_few prepared_without_pre_prepare quorum_of_2f_plus_1 votes_add_up \
    vote_for_any_digest commit_for_any_digest second_pre_prepare prepare_of_the_primary requests_execute_twice \
    execution_with_gaps prepares_of_all_views_add_up commits_of_all_views_add_up proof_of_too_few proof_of_anything \
    new_view_on_too_few lowest_view_wins first_comes_first_served empty_P_outvotes P_forgets_earlier_views \
    P_names_what_is_not_prepared O_is_not_compared min_s_is_the_lowest C_is_not_validated stable_by_too_few \
    the_log_is_kept no_suspicion no_relay contents_need_no_client sender_is_what_it_says}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cp -r "$source/core" "$source/net" "$source/faults" "$source/runner" "$source/cmake" "$source/CMakeLists.txt" "$work/"
[ ! -d "$source/plots" ] || cp -r "$source/plots" "$work/"

build() {
    ninja -C "$work/build" pbft >"$work/log" 2>&1
}

# What a campaign comes to: "found PROPERTY in run N", ...
hunt() {
    code=0
    (ulimit -v 8000000 && timeout -k 5 120 "$(find "$work/build" -name pbft -type f -perm -u+x)" explore --seed 1 \
        --runs "$runs" --format json --quiet) >"$work/out" 2>"$work/err" || code=$?
    after=$(grep -o '"runs":[0-9]*,"twins"' "$work/out" | grep -o '[0-9]*' || true)
    property=$(grep -o '"property":"I[0-9]*"' "$work/out" | grep -o 'I[0-9]*' || true)
    case $code in
    0) echo "silent after $runs runs" ;;
    3) echo "found: $property in run $after" ;;
    124 | 137) echo "found: no end within 120 s" ;;
    134) echo "found: an assert ($(grep -o 'Assertion.*failed' "$work/err" | head -1 | cut -c1-60))" ;;
    *) echo "found: exit $code ($(head -c 100 "$work/err"))" ;;
    esac
}

cmake -S "$work" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DPBFT_LTO=OFF -DBUILD_TESTING=OFF \
    >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
build || { cat "$work/log"; exit 1; }
whole=$(hunt)
printf '%-36s %-5s %s\n' "(unbroken)" "" "$whole"
case $whole in silent*) ;; *) exit 1 ;; esac
failed=0
for name in $names; do
    line=$(sed -e '/^#/d' -e 's/^\*//' "$here/mutants.list" | grep -E "^$name \|" | head -1)
    [ -n "$line" ] || { echo "explore.sh: there is no mutant $name" >&2; exit 1; }
    expression=${line#* :: }
    rule=$(echo "${line%% :: *}" | cut -d'|' -f2 | tr -d ' ')
    file=$(echo "${line%% :: *}" | cut -d'|' -f3 | tr -d ' ')
    cp "$work/$file" "$work/original"
    sed -E -e "$expression" "$work/original" >"$work/$file"
    if cmp -s "$work/original" "$work/$file"; then
        outcome=UNCHANGED failed=1
    elif ! build; then
        outcome=BROKEN failed=1
    else
        outcome=$(hunt)
    fi
    printf '%-36s %-5s %s\n' "$name" "$rule" "$outcome"
    cp "$work/original" "$work/$file"
done
exit $failed
