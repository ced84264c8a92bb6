#!/bin/sh
# Checks what the source promises about its own shape; prints each breach as FILE:LINE: sentence, and exits 1.
#
#   check_source.sh DIRECTORY            a tree with core net faults runner (any may be missing)
#
# It relies on the layout that .clang-format gives: a function's braces stand alone in column 0.
set -eu
export LC_ALL=C

cd "$1"
files=$(find core net faults runner -name '*.[ch]' 2>/dev/null | sort)
[ -n "$files" ] || { echo "check_source.sh: no source under $1"; exit 1; }
breaches=$(mktemp)
trap 'rm -f "$breaches" "$breaches".*' EXIT

# Functions to 70 lines, files to 500, nesting under four, lines to 120, no tabs, no hidden struct types.
awk '
    function say(text) { print FILENAME ":" FNR ": " text }
    FNR == 1 { inside = 0 }
    FNR == 501 { say("the file is longer than 500 lines") }
    length($0) > 120 { say("the line is longer than 120 columns") }
    /\t/ { say("a tab") }
    /[ ]$/ { say("a space at the end of the line") }
    /^ *typedef (struct|union|enum)/ { say("typedef of a struct, union or enum") }
    /^{/ { inside = 1; start = FNR }
    /^}/ && inside {
        inside = 0
        if (FNR - start - 1 > 70) say("the function is longer than 70 lines: " FNR - start - 1)
    }
    inside && /^ +(} else if|if|for|while|do|switch)[ ({]/ {
        match($0, /^ +/)
        if (RLENGTH >= 16) say("nested four deep")
    }
' $files >>"$breaches"

# Half of all functions under 20 lines.
awk '
    FNR == 1 { inside = 0 }
    /^{/ { inside = 1; start = FNR }
    /^}/ && inside { inside = 0; print FNR - start - 1 }
' $files | sort -n | awk '
    { length_of[NR] = $1 }
    END { if (NR > 0 && length_of[int((NR + 1) / 2)] >= 20) print "median function length is " length_of[int((NR + 1) / 2)] ", not under 20" }
' >>"$breaches"

# Directions: an arrow means "may include".
awk '
    BEGIN {
        allowed["core"] = "core"; allowed["net"] = "net core"; allowed["faults"] = "faults core"
        allowed["runner"] = "runner faults net core"
        # core: no threads, clock, stdio, randomness of the system, ck
        split("assert limits math sodium stdalign stdatomic stdbool stddef stdint stdlib string inttypes", names)
        for (i in names) core_system["<" names[i] ".h>"] = 1
    }
    function say(text) { print FILENAME ":" FNR ": " text }
    /^ *# *include/ {
        split(FILENAME, path, "/"); layer = path[1]
        name = $0; sub(/^ *# *include */, "", name); sub(/>.*/, ">", name)
        if (name ~ /^"/) {
            gsub(/"/, "", name); sub(/ .*/, "", name)
            if (split(name, to, "/") < 2) { say("write the include with its layer: " name); next }
            if (index(" " allowed[layer] " ", " " to[1] " ") == 0) say(layer " must not include " name)
        } else {
            if (layer == "core" && !(name in core_system) && name !~ /^<sodium\//) say("core must not include " name)
            if (name == "<ck_ring.h>" && FILENAME !~ /^net\/ring\.[ch]$/) say("only net/ring may include <ck_ring.h>")
        }
    }
' $files >>"$breaches"

# Loops: X.c and X.h are one module; the graph of modules has none.
awk '
    /^ *# *include *"/ {
        from = FILENAME; sub(/\.[ch]$/, "", from)
        split($0, part, "\""); to = part[2]; sub(/\.[ch]$/, "", to)
        if (from != to) print from, to
    }
' $files >"$breaches.edges"
tsort "$breaches.edges" >/dev/null 2>"$breaches.loop" || sed 's/^tsort: [^:]*: /include loop: /; s/^tsort: /    /' "$breaches.loop" >>"$breaches"

if [ -s "$breaches" ]; then
    cat "$breaches"
    exit 1
fi
echo "$(echo "$files" | wc -l) files hold to the style"
