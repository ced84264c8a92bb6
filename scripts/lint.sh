#!/bin/sh
# Layout and static analysis of the product: no complaint is the only good answer.
#
#   scripts/lint.sh [FILE]...            default: every C file of the product and of the tests
set -eu

cd "$(dirname "$0")/.."
scripts/install.sh build test lint
[ $# -gt 0 ] || set -- $(git ls-files 'core/*.[ch]' 'net/*.[ch]' 'faults/*.[ch]' 'runner/*.[ch]' 'tests/*.[ch]')

clang-format --dry-run -Werror "$@"

cmake --preset dev -DBUILD_TESTING=ON >/dev/null
# Tests hold Criterion's macros, which no analysis survives; headers are analysed where they are included.
sources=$(printf '%s\n' "$@" | grep -v '^tests/' | grep '\.c$' || true)
[ -z "$sources" ] || printf '%s\n' $sources | xargs -n 4 -P "$(nproc)" clang-tidy --quiet -p build/dev
