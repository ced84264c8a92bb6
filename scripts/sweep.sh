#!/bin/sh
# Installs what is missing, builds the release binary, runs the tutorial's sweep (10 replicas, 0 to 6 of them
# misbehaving, five runs each), prints its table, and draws its pictures.
#
#   scripts/sweep.sh [DIRECTORY] [OPTION]...     default: results; options go to `pbft sweep`
#
# An interrupted sweep goes on where it was; `scripts/sweep.sh results --restart` starts over.
set -eu

cd "$(dirname "$0")/.."
scripts/install.sh build plot
directory=results
case ${1-} in
'' | -*) ;;
*)
    directory=$1
    shift
    ;;
esac

cmake --preset release -DBUILD_TESTING=OFF >/dev/null
cmake --build --preset release -j "$(nproc)" --target pbft >&2
mkdir -p "$directory"
build/release/pbft sweep --preset article "$@" -o "$directory/article.csv"
echo
echo "pictures:"
build/release/pbft plot "$directory/article.csv" -o "$directory/article" \
    --compare plots/tutorial-published.csv --compare-as "published by the tutorial"
