#!/bin/sh
# A check that cannot fail is no check: plants each breach in a small tree and sees that it is found.
#
#   check_checks.sh CC NM OBJDUMP
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
cc=$1 nm=$2 objdump=$3
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# expect TEXT COMMAND...: the command fails and says TEXT
expect() {
    text=$1
    shift
    if output=$("$@" 2>&1); then
        echo "not found: $text"
        failures=$((failures + 1))
    elif ! printf '%s\n' "$output" | grep -qF -- "$text"; then
        echo "expected '$text', got: $output"
        failures=$((failures + 1))
    fi
}

# plant FILE: writes standard input into a tree that is otherwise in order
plant() {
    rm -rf "$tree"/*
    mkdir -p "$tree/core" "$tree/net" "$tree/faults" "$tree/runner"
    printf '#include <stdint.h>\n\nuint32_t one(void)\n{\n    return 1;\n}\n' >"$tree/core/good.c"
    cat >"$tree/$1"
}

plant core/empty.h </dev/null
"$here/check_source.sh" "$tree" >/dev/null || { echo "a good tree is refused"; failures=$((failures + 1)); }

{ printf 'int f(void)\n{\n'; yes '    f();' | head -71; printf '}\n'; } | plant core/long.c
expect "core/long.c:74: the function is longer than 70 lines: 71" "$here/check_source.sh" "$tree"
yes '/* */' | head -501 | plant net/long.c
expect "net/long.c:501: the file is longer than 500 lines" "$here/check_source.sh" "$tree"
for i in 1 2 3 4 5; do printf 'int f(void)\n{\n'; yes '    f();' | head -20; printf '}\n'; done | plant net/median.c
expect "median function length is 20" "$here/check_source.sh" "$tree"
printf 'int f(void)\n{\n                if (1) {\n}\n' | plant net/nested.c
expect "net/nested.c:3: nested four deep" "$here/check_source.sh" "$tree"
printf '\tint x;\n' | plant net/tab.c
expect "net/tab.c:1: a tab" "$here/check_source.sh" "$tree"
printf 'typedef struct x y;\n' | plant net/typedef.h
expect "net/typedef.h:1: typedef" "$here/check_source.sh" "$tree"
for breach in 'core "net/a.h"' 'net "faults/a.h"' 'faults "net/a.h"' 'faults "runner/a.h"' 'core <stdio.h>' 'core <pthread.h>' \
    'core <ck_ring.h>' 'core <time.h>'; do
    layer=${breach%% *} name=${breach#* }
    printf '#include %s\n' "$name" | plant "$layer/a.c"
    expect "$layer/a.c:1: $layer must not include $(echo "$name" | tr -d '"')" "$here/check_source.sh" "$tree"
done
printf '#include <ck_ring.h>\n' | plant net/other.c
expect "only net/ring may include <ck_ring.h>" "$here/check_source.sh" "$tree"
printf '#include "core/b.h"\n' | plant core/a.h
printf '#include "core/a.h"\n' >"$tree/core/b.c"
expect "include loop" "$here/check_source.sh" "$tree"

# compile TEXT: the library of one file
compile() {
    printf '%s\n' "$1" >"$tree/one.c"
    "$cc" -c -O1 -o "$tree/one.o" "$tree/one.c"
    rm -f "$tree/one.a"
    ar rcs "$tree/one.a" "$tree/one.o"
}

for call in puts time getrandom pthread_create rand_r nanosleep; do
    compile "int $call(); int f(void); int f(void) { return $call(0) + 1; }"
    expect "    $call" "$here/check_core_symbols.sh" "$nm" "$tree/one.a"
done
compile 'void *memcpy(void *, const void *, unsigned long); void f(void *a, void *b, unsigned long n); void f(void *a, void *b, unsigned long n) { memcpy(a, b, n); }'
"$here/check_core_symbols.sh" "$nm" "$tree/one.a" >/dev/null || { echo "memcpy is refused"; failures=$((failures + 1)); }
for variable in 'int found;' 'static int found; int *f(void); int *f(void) { return &found; }' 'int found = 1;' '_Thread_local int found;'; do
    compile "$variable"
    expect "one.a: found" "$here/check_globals.sh" "$objdump" "$tree/one.a"
done
compile 'extern int x; int *const constant[] = {&x};'
"$here/check_globals.sh" "$objdump" "$tree/one.a" >/dev/null || { echo "a constant is refused"; failures=$((failures + 1)); }

[ "$failures" -eq 0 ] && echo "every planted breach was found"
