#!/bin/sh
# No global mutable state: prints each variable that a library keeps in writable memory, and exits 1.
#
#   check_globals.sh OBJDUMP LIBRARY...
set -eu
export LC_ALL=C

objdump=$1
shift
found=$(
    for library in "$@"; do
        # objects in .data and .bss, anything but the section itself in .tdata and .tbss; .data.rel.ro is constant once
        # loaded
        "$objdump" -t "$library" | awk -v library="$(basename "$library")" '
            (/ O \.(data|bss)(\.|[ \t])/ || /[ \t]\.t(data|bss)(\.|[ \t]).*[^.a-z]/ && !/ d  /) && !/\.data\.rel\.ro/ && !/__(asan|tsan|ubsan|odr_asan)/ && !/\.Lubsan|\*\.LASAN/ {
                print library ": " $NF
            }'
    done
)
if [ -n "$found" ]; then
    echo "global mutable state:"
    echo "$found" | sed 's/^/    /'
    exit 1
fi
echo "no global mutable state"
