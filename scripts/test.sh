#!/bin/sh
# Installs what is missing, builds and tests: the release build, then AddressSanitizer with UBSan, then
# ThreadSanitizer. Stops at the first failure; its last lines come from ctest.
#
#   scripts/test.sh [PRESET]...          default: release asan tsan
set -eu

cd "$(dirname "$0")/.."
scripts/install.sh build plot test
[ $# -gt 0 ] || set -- release asan tsan

jobs=$(nproc)
# ThreadSanitizer's fixed memory layout does not fit beside 32 random bits of mmap; run it without randomisation there.
without_randomisation=
random_bits=$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 0)
if [ "$random_bits" -gt 28 ]; then
    without_randomisation="setarch $(uname -m) -R"
fi

for preset in "$@"; do
    echo "== $preset: build" >&2
    cmake --preset "$preset" -DBUILD_TESTING=ON >/dev/null # scripts/sweep.sh turns it off
    cmake --build --preset "$preset" -j "$jobs"
    echo "== $preset: test" >&2
    if [ "$preset" = tsan ]; then
        $without_randomisation ctest --preset "$preset" -j "$jobs"
    else
        ctest --preset "$preset" -j "$jobs"
    fi
done
