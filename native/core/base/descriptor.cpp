#include "descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace qads {

int above_standard(int fd) noexcept {
  if (fd < 0 || fd > STDERR_FILENO) return fd;
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  const int error = errno;
  close(fd);
  errno = error;
  return copy;
}

int open_descriptor(const char* path, int flags, mode_t mode) noexcept {
  return above_standard(open(path, flags | O_CLOEXEC, mode));
}

}  // namespace qads
