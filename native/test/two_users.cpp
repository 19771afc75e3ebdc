// Loaded into each program of `npm run test:users` (LD_PRELOAD), so that the tests run unchanged as two users
// who share a group: a process is always the other user than the one that started it, and a segment that a
// test makes for its own user alone gets the mode 0660.
//
// The processes may become each other, kill each other and look at each other, and make mounts; none of that
// lets one open for writing what the other has not shared.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace {

struct Users {
  unsigned first = 0, second = 0;
};

/// From QADS_TEST_USERS, "first:second".
Users users() {
  Users both;
  const char* text = std::getenv("QADS_TEST_USERS");
  if (text == nullptr || std::sscanf(text, "%u:%u", &both.first, &both.second) != 2) return {};
  return both;
}

void become(uid_t user) {
  if (setresuid(user, user, user) != 0) _exit(126);
  // As after an exec: a change of user closes a process to those who look at it.
  prctl(PR_SET_DUMPABLE, 1);
}

uid_t other_than(uid_t user, const Users& both) { return user == both.first ? both.second : both.first; }

bool is_one_of(uid_t user, const Users& both) {
  return both.first != 0 && (user == both.first || user == both.second);
}

uid_t user_of(pid_t process) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/status", static_cast<int>(process));
  std::FILE* file = std::fopen(path, "re");
  unsigned user = 0;
  char line[256];
  while (file != nullptr && std::fgets(line, sizeof line, file) != nullptr) {
    if (std::sscanf(line, "Uid: %u", &user) == 1) break;
  }
  if (file != nullptr) std::fclose(file);
  return user;
}

[[gnu::constructor]] void take_turns() {
  const Users both = users();
  if (is_one_of(getuid(), both) && user_of(getppid()) == getuid()) become(other_than(getuid(), both));
}

}  // namespace

extern "C" [[gnu::visibility("default")]] pid_t fork() {
  static const auto real = reinterpret_cast<pid_t (*)()>(dlsym(RTLD_NEXT, "fork"));
  const uid_t before = getuid();
  const pid_t child = real();
  const Users both = users();
  if (child == 0 && is_one_of(before, both)) become(other_than(before, both));
  return child;
}

extern "C" [[gnu::visibility("default")]] int fchmod(int fd, mode_t mode) noexcept {
  struct stat status{};
  if (mode == 0600 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && users().first != 0) mode = 0660;
  return static_cast<int>(syscall(SYS_fchmod, fd, mode));
}
