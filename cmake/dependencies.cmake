# Debian packages that these come from: scripts/packages.txt
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(ck REQUIRED IMPORTED_TARGET ck)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson)

# A sanitizer brings its own malloc, and jemalloc crashes or misleads there.
if(PBFT_SANITIZER STREQUAL "")
  pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
endif()

include(CheckIncludeFile)
check_include_file(Random123/philox.h PBFT_HAVE_RANDOM123)
if(NOT PBFT_HAVE_RANDOM123)
  message(FATAL_ERROR "Random123/philox.h is missing: install librandom123-dev")
endif()
