// Descriptors of ours never have the numbers of standard input, output and error. A program that was started
// with one of them closed would get it from the next open(), and every line that somebody prints would go
// into shared memory.
#pragma once

#include <sys/types.h>

namespace qads {

/// The descriptor itself, or a copy above 2 in its place; -1 with errno if there is none. Takes `fd`, which
/// may be -1.
int above_standard(int fd) noexcept;

/// open(), close-on-exec.
int open_descriptor(const char* path, int flags, mode_t mode = 0) noexcept;

}  // namespace qads
