#include "own_shared_memory.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "core/layout/name.hpp"

namespace qads::test {
namespace {

void write_file(const char* path, const std::string& text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  [[maybe_unused]] const ssize_t written = write(fd, text.data(), text.size());
  close(fd);
}

bool unshare_mounts() {
  if (unshare(CLONE_NEWNS) == 0) return true;
  const std::string uid = std::to_string(getuid());
  const std::string gid = std::to_string(getgid());
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", uid + " " + uid + " 1");
  write_file("/proc/self/gid_map", gid + " " + gid + " 1");
  return true;
}

}  // namespace

bool own_shared_memory() {
  // Without the sticky bit for tests that run as two users: who leaves last can be either.
  static const char* const mode = std::getenv("QADS_TEST_USERS") == nullptr ? "mode=1777" : "mode=0777";
  static const bool owned = unshare_mounts() &&
                            mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                            mount("tmpfs", kSharedMemoryDirectory, "tmpfs", 0, mode) == 0;
  return owned;
}

}  // namespace qads::test
