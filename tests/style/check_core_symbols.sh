#!/bin/sh
# Reads what the core library leaves to others: it may compute, and nothing else. Prints each symbol that is neither
# defined in the library nor on the list, and exits 1.
#
#   check_core_symbols.sh NM LIBRARY [SANITIZER]        SANITIZER: thread or address, if built with it
set -eu
export LC_ALL=C

nm=$1
library=$2
sanitizer=${3-}

# memory and strings; assertions; allocation, at start-up only; libsodium's pure functions; what the compiler adds
allowed='^(mem(cpy|set|cmp|move)|malloc|calloc|realloc|free|aligned_alloc|posix_memalign'
allowed="$allowed"'|strn?(cmp|len)|strlen|__assert_fail|abort'
allowed="$allowed"'|crypto_(generichash|generichash_blake2b|shorthash|auth|onetimeauth|sign|sign_ed25519)(_[a-z0-9_]+)?|sodium_mem(cmp|zero)'
allowed="$allowed"'|ceil|floor|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|__mem(cpy|set|move)_chk|__tls_get_addr|__(popcount|clz|ctz|udiv|umod|div|mod)[dt]i[234]*'
case $sanitizer in
thread) allowed="$allowed"'|__tsan_.*' ;;
address) allowed="$allowed"'|__asan_.*|__ubsan_.*|__sanitizer_.*' ;;
esac
allowed="$allowed"')$'

"$nm" -P "$library" | awk 'NF >= 2 && $2 != "U" && $2 != "w" { print $1 }' | sort -u >"$library.defined"
"$nm" -P "$library" | awk 'NF >= 2 && ($2 == "U" || $2 == "w") { print $1 }' | sort -u >"$library.wanted"
trap 'rm -f "$library.defined" "$library.wanted"' EXIT
[ -s "$library.defined" ] || { echo "check_core_symbols.sh: $nm shows nothing defined in $library"; exit 1; }

forbidden=$(comm -13 "$library.defined" "$library.wanted" | grep -E -v "$allowed" || true)
if [ -n "$forbidden" ]; then
    echo "core must compute only, but its library asks for:"
    echo "$forbidden" | sed 's/^/    /'
    exit 1
fi
echo "core asks for nothing but: $(comm -13 "$library.defined" "$library.wanted" | tr '\n' ' ')"
