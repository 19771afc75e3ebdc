# Compiler settings that every target of this project shares, and nobody who links to it inherits.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_package(Threads REQUIRED)

add_library(qads_options INTERFACE)
target_compile_options(qads_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
# The GNU and POSIX interfaces that the core is made of: memfd, mremap, open-file-description locks.
target_compile_definitions(qads_options INTERFACE _GNU_SOURCE)
if(QADS_WERROR)
  target_compile_options(qads_options INTERFACE -Werror)
endif()
if(QADS_SANITIZE)
  set(qads_sanitize_flags -fsanitize=${QADS_SANITIZE} -fno-omit-frame-pointer)
  target_compile_options(qads_options INTERFACE ${qads_sanitize_flags} -fno-sanitize-recover=all)
  target_link_options(qads_options INTERFACE ${qads_sanitize_flags})
  if(QADS_SANITIZE MATCHES "thread")
    # ThreadSanitizer does not model fences. The ring's fences order atomics with atomics, so that no data race
    # can hide behind one, and the warning at each of them says nothing new.
    target_compile_options(qads_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()
