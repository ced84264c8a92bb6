# The plain route, cmake -S . -B build, configures: with the tests, and without Criterion if they were not asked for.
# What is missing is named, with what installs it.
source=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"
unset CMAKE_GENERATOR CMAKE_C_COMPILER_LAUNCHER

configure() { # CODE ARGUMENT...
    local wanted=$1 code=0
    shift
    last="cmake -S . -B build $*"
    rm -rf build
    cmake -S "$source" -B build "$@" >"$out" 2>"$err" </dev/null || code=$?
    [ "$code" -eq "$wanted" ] || { fail "$last: exit $code, not $wanted" && tail -n 20 "$err"; }
    tr -s ' \n' ' ' <"$err" >words
}

configure 0
[ -e build/Makefile ] || fail "$last: no Makefile"
[ -e build/tests/CTestTestfile.cmake ] || fail "$last: no tests"

# a pkg-config that knows no Criterion
printf '#!/bin/sh\ncase " $* " in *" criterion"*) exit 1 ;; esac\nexec pkg-config "$@"\n' >some-pkg-config
chmod +x some-pkg-config
without_criterion="-DPKG_CONFIG_EXECUTABLE=$work/some-pkg-config"
configure 0 "$without_criterion"
says "$out" "Criterion is missing: no tests are built; scripts/install.sh test installs what they need"
[ ! -e build/tests ] || fail "$last: tests"
configure 0 "$without_criterion" -DBUILD_TESTING=OFF
lacks "$out" Criterion
configure 1 "$without_criterion" -DBUILD_TESTING=ON
says words libcriterion-dev "scripts/install.sh test"

mkdir commands # cmake, and nothing else
cmake=$(command -v cmake)
ln -s "$cmake" "$(command -v rm)" "$(command -v tr)" "$(command -v grep)" "$(command -v head)" "$(command -v tail)" commands
all=$PATH
PATH=$work/commands
configure 1
says words "Neither make nor ninja is installed" "scripts/install.sh build"
configure 1 -G Ninja
says words "install ninja-build" "scripts/install.sh build"
PATH=$all
finish
