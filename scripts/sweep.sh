#!/bin/sh
# Installs what is missing, builds the release binary, runs the tutorial's sweep (10 replicas, 0 to 6 of them
# misbehaving, five runs each), prints its table, and draws its pictures. What apt and the compiler say goes to
# DIRECTORY/build.log, and is shown if they fail.
#
#   scripts/sweep.sh [DIRECTORY] [OPTION]...     default: results; options go to `pbft sweep`
#
# An interrupted sweep goes on where it was; `scripts/sweep.sh results --restart` starts over.
set -eu

cd "$(dirname "$0")/.."
directory=results
case ${1-} in
'' | -*) ;;
*)
    directory=$1
    shift
    ;;
esac

# step NAME COMMAND...: one line, and what the command says goes to the log, unless it fails.
mkdir -p "$directory"
log=$directory/build.log
: >"$log"
step() {
    echo "sweep.sh: $1 (log: $log)" >&2
    shift
    code=0
    "$@" >>"$log" 2>&1 </dev/null || code=$?
    if [ "$code" -ne 0 ]; then
        cat "$log" >&2
        echo "sweep.sh: '$*' failed with exit code $code; all that it said is above and in $log" >&2
        exit "$code"
    fi
}
step "installing the packages that are missing" scripts/install.sh build plot
step "configuring" cmake --preset release -DBUILD_TESTING=OFF
step "building" cmake --build --preset release -j "$(nproc)" --target pbft
build/release/pbft sweep --preset article "$@" -o "$directory/article.csv"
echo
echo "pictures:"
build/release/pbft plot "$directory/article.csv" -o "$directory/article" \
    --compare plots/tutorial-published.csv --compare-as "published by the tutorial"
