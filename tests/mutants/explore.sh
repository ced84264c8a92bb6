#!/bin/sh
# Breaks core, one line at a time, and says how many random scenarios `pbft explore` needs to find it: how far its
# silence can be trusted. Not every mutant can be found so: some break what only a few messages in a row would show.
#
#   explore.sh [--runs N] [--every K] [NAME...]    mutants of mutants.list; without names all of core's, or with
#                                                  --every each K-th of them, as a sample
#
# A line for each mutant, then the share that was noticed and the names of those that were not. Works on a copy of the
# tree. Exit 1 only if a mutant does not build or changed nothing, or the unbroken tree is found to be wrong.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
runs=2000
every=1
while :; do
    case ${1-} in
    --runs) runs=$2; shift 2 ;;
    --every) every=$2; shift 2 ;;
    -*) echo "explore.sh: unknown option $1" >&2; exit 64 ;;
    *) break ;;
    esac
done
mutants=$(sed -e '/^#/d' -e '/^ *$/d' -e 's/^\*//' "$here/mutants.list")
names=${*:-$(printf '%s\n' "$mutants" | awk -F ' *[|] *' -v every="$every" '$3 ~ /^core\// && n++ % every == 0 { print $1 }')}
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
failed=0 tried=0 noticed=0 silent=
for name in $names; do
    line=$(printf '%s\n' "$mutants" | grep -E "^$name \|" | head -1)
    [ -n "$line" ] || { echo "explore.sh: there is no mutant $name" >&2; exit 1; }
    expression=${line#* :: }
    rule=$(printf '%s\n' "${line%% :: *}" | cut -d'|' -f2 | tr -d ' ')
    file=$(printf '%s\n' "${line%% :: *}" | cut -d'|' -f3 | tr -d ' ')
    cp "$work/$file" "$work/original"
    sed -E -e "$expression" "$work/original" >"$work/$file"
    if cmp -s "$work/original" "$work/$file"; then
        outcome=UNCHANGED failed=1
    elif ! build; then
        outcome=BROKEN failed=1
    else
        outcome=$(hunt)
        tried=$((tried + 1))
        case $outcome in
        found*) noticed=$((noticed + 1)) ;;
        *) silent="$silent $name" ;;
        esac
    fi
    printf '%-36s %-5s %s\n' "$name" "$rule" "$outcome"
    cp "$work/original" "$work/$file"
done
echo "$noticed of $tried noticed within $runs runs; not noticed:${silent:- none}"
exit $failed
