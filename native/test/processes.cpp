#include "processes.hpp"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "core/layout/name.hpp"
#include "testing.hpp"

namespace qads::test {
namespace {

[[noreturn]] void run_child(const std::function<void()>& body) {
  try {
    body();
  } catch (const testing::CaseEnded&) {
  } catch (const std::exception& error) {
    testing::record_failure({__FILE__, __LINE__}, std::string("exception in a child: ") + error.what());
  }
  testing::exit_child();
}

}  // namespace

Child::Child(const std::function<void()>& body, Stderr how) {
  int ends[2] = {-1, -1};
  if (how == Stderr::captured) REQUIRE(pipe(ends) == 0);
  std::fflush(nullptr);
  pid_ = fork();
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) {
    if (how == Stderr::captured) {
      dup2(ends[1], STDERR_FILENO);
      close(ends[0]);
      close(ends[1]);
    }
    run_child(body);
  }
  if (how == Stderr::captured) {
    close(ends[1]);
    stderr_fd_ = ends[0];
  }
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      status_(other.status_),
      ended_(other.ended_),
      stderr_fd_(std::exchange(other.stderr_fd_, -1)) {}

Child::~Child() {
  if (pid_ > 0 && !ended_) {
    ::kill(pid_, SIGKILL);
    waitpid(pid_, &status_, 0);
  }
  if (stderr_fd_ >= 0) close(stderr_fd_);
}

void Child::kill(int signal) {
  if (!ended_) CHECK_EQ(::kill(pid_, signal), 0);
}

void Child::stop() {
  kill(SIGSTOP);
  int status = 0;
  REQUIRE(waitpid(pid_, &status, WUNTRACED) == pid_);
  REQUIRE(WIFSTOPPED(status));
}

int Child::wait() {
  if (ended_) return status_;
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  pollfd end{pidfd, POLLIN, 0};
  const bool in_time = poll(&end, 1, 60'000) == 1;
  close(pidfd);
  if (!in_time) {
    std::fprintf(stderr, "child %d hangs\n", static_cast<int>(pid_));
    ::kill(pid_, SIGKILL);
  }
  REQUIRE(waitpid(pid_, &status_, 0) == pid_);
  ended_ = true;
  CHECK(in_time);
  return status_;
}

bool Child::succeeded() {
  const int status = wait();
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool Child::ended_by(int signal) {
  const int status = wait();
  return WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

std::string Child::stderr_text() {
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = read(stderr_fd_, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  wait();
  return text;
}

bool other_threads_sleep() {
  const pid_t self = gettid();
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    if (entry.path().filename() == std::to_string(self)) continue;
    std::ifstream file(entry.path() / "stat");
    const std::string stat(std::istreambuf_iterator<char>(file), {});
    // The state follows the name in brackets, which may hold anything.
    const std::size_t end = stat.rfind(')');
    if (end != std::string::npos && stat.compare(end, 3, ") S") != 0) return false;
  }
  return true;
}

std::string left_in_shared_memory(const std::string& name) {
  std::string left;
  if (!own_shared_memory()) {
    if (access(arena_path(name).c_str(), F_OK) == 0) left = arena_path(name);
    return left;
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(kSharedMemoryDirectory), closedir);
  REQUIRE(directory);
  while (const dirent* entry = readdir(directory.get())) {
    if (entry->d_name[0] != '.') left += std::string(left.empty() ? "" : " ") + entry->d_name;
  }
  return left;
}

void* map_shared_bytes(std::size_t size) {
  void* bytes = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(bytes != MAP_FAILED);
  return bytes;
}

void unmap_shared_bytes(void* bytes, std::size_t size) { munmap(bytes, size); }

}  // namespace qads::test
