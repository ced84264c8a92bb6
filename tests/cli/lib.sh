# Sourced by the scripts here: runs the binary and compares what came of it with what was claimed.
#
#   expect CODE [ARGUMENT]...     runs pbft; its streams are in $out and $err; the exit code must be CODE
#   says FILE TEXT...             each text is in the file;    lacks FILE TEXT    it is not
#   same FILE FILE                byte for byte
set -u
export LC_ALL=C
export ASAN_OPTIONS=${ASAN_OPTIONS-exitcode=99} # what a sanitizer finds is no exit code of ours
pbft=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
out=$work/stdout
err=$work/stderr
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

expect() {
    local wanted=$1 code
    shift
    last="pbft $*"
    "$pbft" "$@" >"$out" 2>"$err" </dev/null
    code=$?
    if [ "$code" -ne "$wanted" ]; then
        fail "$last: exit $code, not $wanted"
        head -c 2000 "$err"
    fi
}

says() {
    local file=$1 text
    shift
    for text in "$@"; do
        grep -qF -e "$text" "$file" || { fail "$last: '$text' is not in $(basename "$file"):" && head -c 1000 "$file"; }
    done
}

lacks() {
    ! grep -qF -e "$2" "$1" || fail "$last: '$2' is in $(basename "$1")"
}

same() {
    cmp "$1" "$2" || fail "$last: $1 and $2 differ"
}

# Waits, at most a minute, until the command succeeds.
await() {
    local left=1200
    until "$@"; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { fail "waited in vain for: $*"; return 1; }
        sleep 0.05
    done
}

lines() {
    if [ -e "$1" ]; then wc -l <"$1"; else echo 0; fi
}

finish() {
    if [ "$failures" -ne 0 ]; then
        echo "$failures claims do not hold"
        exit 1
    fi
    exit 0
}
