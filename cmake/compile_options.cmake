# pbft_options: language and sanitizer flags of every target, tests included.
# pbft_warnings: the product's own warnings (Criterion's macros do not survive -Wconversion).
add_library(pbft_options INTERFACE)
target_compile_definitions(pbft_options INTERFACE _GNU_SOURCE)
target_include_directories(pbft_options INTERFACE ${PROJECT_SOURCE_DIR})
# a multiplication and an addition stay two: results must not depend on what the processor could fuse
target_compile_options(pbft_options INTERFACE -ffp-contract=off)
# asserts stay on in every build type
foreach(type RELEASE RELWITHDEBINFO MINSIZEREL)
  string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${type} "${CMAKE_C_FLAGS_${type}}")
endforeach()

if(PBFT_SANITIZER STREQUAL "thread")
  # ck's x86 atomics are inline assembly, which ThreadSanitizer cannot see; the shim restates them as C11-style builtins.
  target_compile_options(pbft_options INTERFACE -fsanitize=thread -fno-omit-frame-pointer
    -DCK_USE_CC_BUILTINS=1 "SHELL:-include ${PROJECT_SOURCE_DIR}/cmake/ck_pr_tsan.h")
  target_link_options(pbft_options INTERFACE -fsanitize=thread)
elseif(PBFT_SANITIZER STREQUAL "address")
  target_compile_options(pbft_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(pbft_options INTERFACE -fsanitize=address,undefined)
elseif(NOT PBFT_SANITIZER STREQUAL "")
  message(FATAL_ERROR "PBFT_SANITIZER is '${PBFT_SANITIZER}'; allowed: empty, thread, address")
endif()

add_library(pbft_warnings INTERFACE)
target_compile_options(pbft_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
  -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla -Wundef)
if(PBFT_WERROR)
  target_compile_options(pbft_warnings INTERFACE -Werror)
endif()

if(PBFT_LTO AND CMAKE_BUILD_TYPE STREQUAL "Release" AND PBFT_SANITIZER STREQUAL "")
  include(CheckIPOSupported)
  check_ipo_supported(RESULT PBFT_IPO_WORKS OUTPUT PBFT_IPO_REASON LANGUAGES C)
  if(PBFT_IPO_WORKS)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
      # Objects hold both forms: pbft is optimised across files, a hundred test programs are linked without (tests/).
      set(CMAKE_C_COMPILE_OPTIONS_IPO -flto=auto -ffat-lto-objects)
      set(CMAKE_C_LINK_OPTIONS_IPO -flto=auto)
    endif()
  endif()
endif()
