#!/bin/sh
# Breaks core and net, one line at a time, and demands that the test named for it fails: a test that cannot fail is no
# test.
#
#   run.sh            every mutant of mutants.list
#   run.sh --few      those marked with *
#   run.sh NAME...    these
#
# Works on a copy of the tree. Exit 0: every mutant was found. 1: one survived, or its expression changed nothing (the
# code has moved on: mend mutants.list), or the tests fail without any mutant.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

mkdir -p "$work/tree/tests/unit"
cp -r "$source/core" "$source/net" "$source/cmake" "$work/tree/"
cp -r "$source/tests/paper" "$source/tests/support" "$source/tests/CMakeLists.txt" "$work/tree/tests/"
cp -r "$source/tests/unit/core" "$source/tests/unit/net" "$source/tests/unit/CMakeLists.txt" "$work/tree/tests/unit/"
cp "$here/project.cmake" "$work/tree/CMakeLists.txt"

# name|rule|file|executable|test|expression
select_mutants()
{
    sed -e '/^#/d' -e '/^ *$/d' "$here/mutants.list" | awk -v few="$1" -v names=" $2 " '
        {
            starred = sub(/^[*]/, "")
            at = index($0, " :: ")
            expression = substr($0, at + 4)
            split(substr($0, 1, at - 1), field, " *[|] *")
        }
        few && !starred { next }
        names != "  " && index(names, " " field[1] " ") == 0 { next }
        { print field[1] "|" field[2] "|" field[3] "|" field[4] "|" field[5] "|" expression }'
}

few=
[ "${1-}" != --few ] || { few=1; shift; }
select_mutants "$few" "$*" >"$work/selected"
[ -s "$work/selected" ] || { echo "run.sh: no such mutant: $*" >&2; exit 1; }

executables=$(cut -d'|' -f4 "$work/selected" | sort -u)
cmake -S "$work/tree" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
build()
{
    ninja -C "$work/build" "$@" >"$work/log" 2>&1
}
run() # executable test; exit 0: passed, 1: failed or took too long, 2: there is no such test
{
    result=0
    timeout 60 "$(find "$work/build/tests" -name "$1" -type f -perm -u+x)" --jobs 2 --filter "*/$2" \
        >"$work/log" 2>&1 || result=$?
    [ "$result" -ne 124 ] || return 1
    grep -q 'Tested: [1-9]' "$work/log" || return 2
    ! grep -q -e 'Failing: [1-9]' -e 'Crashing: [1-9]' "$work/log" || return 1
}

build $executables || { cat "$work/log"; echo "run.sh: the unbroken tree does not build" >&2; exit 1; }
for executable in $executables; do
    run "$executable" '*' || { cat "$work/log"; echo "run.sh: $executable fails without any mutant" >&2; exit 1; }
done

failed=0
count=0
report() # outcome name rule file test
{
    printf '%-9s %-34s %-5s %-24s %s\n' "$1" "$2" "$3" "$4" "$5"
}
while IFS='|' read -r name rule file executable test expression; do
    count=$((count + 1))
    cp "$work/tree/$file" "$work/original"
    sed -E -e "$expression" "$work/original" >"$work/tree/$file"
    if cmp -s "$work/original" "$work/tree/$file"; then
        outcome=UNCHANGED
    elif ! build "$executable" </dev/null; then
        outcome=BROKEN
        cat "$work/log"
    else
        passed=0
        run "$executable" "$test" </dev/null || passed=$?
        case $passed in
        0) outcome=SURVIVED ;;
        1) outcome=found ;;
        *) outcome=NO_TEST ;;
        esac
    fi
    report "$outcome" "$name" "$rule" "$file" "$test"
    [ "$outcome" = found ] || failed=$((failed + 1))
    cp "$work/original" "$work/tree/$file"
done <"$work/selected"

echo "$((count - failed)) of $count mutants found"
[ "$failed" -eq 0 ]
