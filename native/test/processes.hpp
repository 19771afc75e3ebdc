// Real processes for tests of what crosses a process: started, stopped, killed, and never left behind.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <new>
#include <string>

#include "own_shared_memory.hpp"

namespace qads::test {

/// A forked child that runs `body` and leaves with status 0, or 1 after a failed check or an exception. A
/// child that still runs when this object goes is killed.
class Child {
 public:
  enum class Stderr { inherited, captured };
  explicit Child(const std::function<void()>& body, Stderr how = Stderr::inherited);
  ~Child();
  Child(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void kill(int signal);
  /// Stops it, and returns when it has stopped.
  void stop();
  void go_on() { kill(18 /* SIGCONT */); }
  /// Waits for its end. The status as waitpid gives it; fails the test if it does not end.
  int wait();
  /// It ended by itself, without a failure.
  bool succeeded();
  /// It was killed by this signal.
  bool ended_by(int signal);
  /// All that it has written to standard error until its end; only if captured.
  std::string stderr_text();

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
  int stderr_fd_ = -1;
};

/// All threads of this process but the calling one sleep. A fork before that may find one of them in the
/// sanitizer's allocator, whose locks the child inherits as they are.
bool other_threads_sleep();

/// Files that arenas left in shared memory: all in one's own /dev/shm, else only the segment `name`.
std::string left_in_shared_memory(const std::string& name);

void* map_shared_bytes(std::size_t size);
void unmap_shared_bytes(void* bytes, std::size_t size);

/// A T that this process shares with the children it forks from now on.
template <typename T>
class Shared {
 public:
  Shared() : value_(new (map_shared_bytes(sizeof(T))) T()) {}
  ~Shared() { unmap_shared_bytes(value_, sizeof(T)); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  T* operator->() const { return value_; }
  T& operator*() const { return *value_; }

 private:
  T* value_;
};

}  // namespace qads::test
