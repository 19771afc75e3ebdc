#include "refused_calls.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>

namespace qads::test {
namespace {

Refusal wanted{};
Caller whose = Caller::itself;
std::atomic<CallCounts*> counts_of_process{nullptr};
thread_local bool asked_for_it = false;

/// Counts the call; true, with errno set, if it is to fail.
bool is_refused(Call call) noexcept {
  CallCounts* counts = counts_of_process.load(std::memory_order_acquire);
  if (counts == nullptr || asked_for_it != (whose == Caller::itself)) return false;
  const std::uint32_t number = ++counts->calls[static_cast<std::size_t>(call)];
  if (call != wanted.call || wanted.nth == 0) return false;
  if (wanted.for_ever ? number < wanted.nth : number != wanted.nth) return false;
  ++counts->refused;
  errno = wanted.error;
  return true;
}

}  // namespace

const char* name_of(Call call) {
  static constexpr const char* names[] = {
#define QADS_NAME(name) #name,
      QADS_REFUSABLE_CALLS(QADS_NAME)
#undef QADS_NAME
  };
  return names[static_cast<std::size_t>(call)];
}

void refuse(const Refusal& refusal, Caller caller, CallCounts& counts) {
  wanted = refusal;
  whose = caller;
  asked_for_it = true;
  counts_of_process.store(&counts, std::memory_order_release);
}

}  // namespace qads::test

using qads::test::Call;
using qads::test::is_refused;

// The names are the linker's, and so are the types.
#define QADS_WRAP(type, failed, name, parameters, arguments) \
  extern "C" type __real_##name parameters;                  \
  extern "C" type __wrap_##name parameters;                  \
  type __wrap_##name parameters {                            \
    if (is_refused(Call::name)) return failed;               \
    return __real_##name arguments;                          \
  }

QADS_WRAP(void*, MAP_FAILED, mmap, (void* a, std::size_t n, int p, int f, int fd, off_t o),
          (a, n, p, f, fd, o))
QADS_WRAP(int, -1, mprotect, (void* a, std::size_t n, int p), (a, n, p))
QADS_WRAP(int, -1, madvise, (void* a, std::size_t n, int p), (a, n, p))
QADS_WRAP(int, errno, posix_fallocate, (int fd, off_t o, off_t n), (fd, o, n))
QADS_WRAP(int, -1, fchmod, (int fd, mode_t mode), (fd, mode))
QADS_WRAP(int, -1, fstat, (int fd, struct stat* s), (fd, s))
QADS_WRAP(int, -1, stat, (const char* path, struct stat* s), (path, s))
QADS_WRAP(int, -1, linkat, (int a, const char* p, int b, const char* q, int f), (a, p, b, q, f))
QADS_WRAP(int, -1, mkfifo, (const char* path, mode_t mode), (path, mode))
QADS_WRAP(int, -1, rename, (const char* p, const char* q), (p, q))
QADS_WRAP(ssize_t, -1, write, (int fd, const void* b, std::size_t n), (fd, b, n))
QADS_WRAP(ssize_t, -1, pwritev2, (int fd, const iovec* v, int n, off_t o, int f), (fd, v, n, o, f))
QADS_WRAP(ssize_t, -1, read, (int fd, void* b, std::size_t n), (fd, b, n))
QADS_WRAP(ssize_t, -1, pwrite, (int fd, const void* b, std::size_t n, off_t o), (fd, b, n, o))
QADS_WRAP(int, -1, memfd_create, (const char* name, unsigned flags), (name, flags))
QADS_WRAP(ssize_t, -1, pread, (int fd, void* b, std::size_t n, off_t o), (fd, b, n, o))
QADS_WRAP(int, -1, ppoll, (pollfd * p, nfds_t n, const timespec* t, const sigset_t* s), (p, n, t, s))
QADS_WRAP(int, -1, sem_clockwait, (sem_t * s, clockid_t c, const timespec* t), (s, c, t))

extern "C" void* __real_mremap(void*, std::size_t, std::size_t, int, ...);
extern "C" void* __wrap_mremap(void*, std::size_t, std::size_t, int, ...);
void* __wrap_mremap(void* from, std::size_t old_size, std::size_t new_size, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  void* place = (flags & MREMAP_FIXED) != 0 ? va_arg(rest, void*) : nullptr;
  va_end(rest);
  if (is_refused(Call::mremap)) return MAP_FAILED;
  return __real_mremap(from, old_size, new_size, flags, place);
}

extern "C" int __real_open(const char*, int, ...);
extern "C" int __wrap_open(const char*, int, ...);
int __wrap_open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if (is_refused(Call::open)) return -1;
  return __real_open(path, flags, mode);
}

extern "C" int __real_fcntl(int, int, ...);
extern "C" int __wrap_fcntl(int, int, ...);
int __wrap_fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  if (is_refused(Call::fcntl)) return -1;
  return __real_fcntl(fd, command, argument);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// Called by the C++ library, which --wrap does not reach: this one comes before the C library's.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* how, void* (*run)(void*), void* with) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  if (is_refused(Call::pthread_create)) return errno;
  return create(thread, how, run, with);
}
#endif
