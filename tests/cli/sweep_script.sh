# scripts/sweep.sh: a line a step, the rest in a log, which is shown if the step fails. In a tree of its own, with a
# compiler and packages that only talk.
source=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"
mkdir -p scripts commands build/release plots
cp "$source/scripts/sweep.sh" scripts/
ln -s "$pbft" build/release/pbft
cp "$source/plots/tutorial-published.csv" plots/
talk() { # FILE CODE
    printf '#!/bin/sh\nseq -f "a lot of talk, line %%g" 300\necho "and more" >&2\nexit %s\n' "$2" >"$1"
    chmod +x "$1"
}
export PATH="$work/commands:$PATH"
talk scripts/install.sh 0
talk commands/cmake 0

last=scripts/sweep.sh
scripts/sweep.sh tables --clock virtual --seed 1 --quiet --format csv >"$out" 2>"$err" || fail "$last: exit $?"
lacks "$out" talk
lacks "$err" talk
[ "$(lines "$err")" -eq 3 ] || fail "$last: $(lines "$err") lines beside the results, not one a step"
says "$out" tables/article-latency.svg tables/article-success.png
[ "$(grep -c 'line 300' tables/build.log)" -eq 3 ] || fail "$last: not all is in the log"

talk commands/cmake 7
code=0
scripts/sweep.sh tables >"$out" 2>"$err" || code=$?
[ "$code" -eq 7 ] || fail "$last: exit $code, not that of the step"
says "$err" "line 300" "and more" "cmake --preset release" "exit code 7" tables/build.log
[ ! -s "$out" ] || fail "$last: something on standard output"
finish
