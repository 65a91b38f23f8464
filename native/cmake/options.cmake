# How everything of ours is compiled: C11, warnings as errors, nothing exported unless it says so.
if(NOT CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
    message(FATAL_ERROR "libmyelin needs GCC or Clang, not ${CMAKE_C_COMPILER_ID}: set CC.")
endif()
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()

# libmyelin lies alone in lib/, where Java looks for it (a DLL counts as a program).
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
if(WIN32)
    set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
endif()

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(myelin_options INTERFACE)
target_compile_options(myelin_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wundef -Wvla
    -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wdouble-promotion
    $<$<BOOL:${MYELIN_WERROR}>:-Werror>)

if(MYELIN_SANITIZE STREQUAL "ON" OR MYELIN_SANITIZE STREQUAL "address")
    set(sanitize -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
elseif(MYELIN_SANITIZE STREQUAL "thread")
    set(sanitize -fsanitize=thread -fno-omit-frame-pointer -g)
elseif(MYELIN_SANITIZE)
    message(FATAL_ERROR "MYELIN_SANITIZE is ON, address, thread or OFF, not ${MYELIN_SANITIZE}")
endif()
if(sanitize)
    list(APPEND sanitize -UNDEBUG) # what Java has checked is asserted again
endif()
target_compile_options(myelin_options INTERFACE ${sanitize})
target_link_options(myelin_options INTERFACE ${sanitize})

# The file under src/cpu/ that asks this family of CPUs what it can do.
string(TOLOWER "${CMAKE_SYSTEM_PROCESSOR}" processor)
if(processor MATCHES "^(x86_64|amd64|i[3-6]86)$")
    set(MYELIN_CPU_FAMILY x86)
elseif(processor MATCHES "^(aarch64|arm64)$")
    set(MYELIN_CPU_FAMILY arm)
else()
    set(MYELIN_CPU_FAMILY other)
endif()
