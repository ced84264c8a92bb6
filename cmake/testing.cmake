# Whether tests are built, and how long one may take.

# One limit for all, at least ten times the CPU time of the longest, so that a busy machine fails nothing: 60 s without
# a sanitizer (cli.bench), 140 s with one (unit.net.recording). A test that hangs is found all the same.
if(PBFT_SANITIZER STREQUAL "")
  set(DART_TESTING_TIMEOUT 600 CACHE INTERNAL "ctest --timeout overrides it")
else()
  set(DART_TESTING_TIMEOUT 1500 CACHE INTERNAL "ctest --timeout overrides it")
endif()

# Who only wants the binary needs no Criterion; who asks for tests does.
pkg_check_modules(criterion QUIET IMPORTED_TARGET criterion)
if(criterion_FOUND)
  include(CTest)
elseif(BUILD_TESTING)
  message(FATAL_ERROR "Criterion is missing, and the tests need it: install libcriterion-dev, which scripts/install.sh "
    "test does, or build without tests with -DBUILD_TESTING=OFF")
elseif(NOT DEFINED BUILD_TESTING)
  message(STATUS "Criterion is missing: no tests are built; scripts/install.sh test installs what they need")
endif()
