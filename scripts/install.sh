#!/bin/sh
# Installs those Debian packages of the named groups (default: build plot test) that are missing.
# Does nothing, and needs neither root nor network, when all are there.
#
#   scripts/install.sh [GROUP]...        groups: see scripts/packages.txt
set -eu

here=$(cd "$(dirname "$0")" && pwd)
list=$here/packages.txt
[ $# -gt 0 ] || set -- build plot test

packages=
for group in "$@"; do
    found=$(awk -v group="$group" '$1 == group { print $2 }' "$list")
    if [ -z "$found" ]; then
        echo "install.sh: no group '$group' in $list; there are:" \
             "$(awk '/^[a-z]/ { print $1 }' "$list" | sort -u | tr '\n' ' ')" >&2
        exit 64
    fi
    packages="$packages $found"
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "install.sh: this is not Debian (no dpkg-query or apt-get). Install the equivalents of:" $packages >&2
    exit 1
fi

missing=
for package in $packages; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "install.sh: missing:$missing. Neither root nor sudo: as root, run apt-get install$missing" >&2
        exit 1
    fi
    as_root="sudo"
fi

echo "install.sh: installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# Keep stdout free for results; apt's own talk goes to stderr.
$as_root apt-get -qq update >&2
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing >&2
