// Linked with --wrap=mmap and --wrap=munmap: all handles of a process share one mapping of an arena's control
// pages. ThreadSanitizer knows places by their addresses; so it sees what the ring's words order between the
// threads of different handles, and what they do not.
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <tuple>

extern "C" {
void* __real_mmap(void*, std::size_t, int, int, int, off_t);
int __real_munmap(void*, std::size_t);
void* __wrap_mmap(void*, std::size_t, int, int, int, off_t);
int __wrap_munmap(void*, std::size_t);
}

namespace {

struct Mapping {
  void* base;
  int users;
};
// A forked child has its parent's list, but not the mappings.
using Key = std::tuple<pid_t, dev_t, ino_t, std::size_t>;

struct Mappings {
  std::mutex mutex;
  std::map<Key, Mapping> all;
};

Mappings& mappings() {
  static auto* kept = new Mappings;
  return *kept;
}

}  // namespace

void* __wrap_mmap(void* place, std::size_t length, int protection, int flags, int fd, off_t offset) {
  struct stat status{};
  const bool control = place == nullptr && (flags & MAP_SHARED) != 0 && (flags & MAP_ANONYMOUS) == 0 &&
                       offset == 0 && fstat(fd, &status) == 0;
  if (!control) return __real_mmap(place, length, protection, flags, fd, offset);
  const std::lock_guard<std::mutex> lock(mappings().mutex);
  const auto [found, is_new] =
      mappings().all.try_emplace(Key{getpid(), status.st_dev, status.st_ino, length}, Mapping{});
  if (is_new) found->second.base = __real_mmap(nullptr, length, protection, flags, fd, 0);
  ++found->second.users;
  return found->second.base;
}

int __wrap_munmap(void* base, std::size_t length) {
  {
    const std::lock_guard<std::mutex> lock(mappings().mutex);
    for (auto at = mappings().all.begin(); at != mappings().all.end(); ++at) {
      if (at->second.base != base || std::get<0>(at->first) != getpid()) continue;
      if (--at->second.users > 0) return 0;
      mappings().all.erase(at);
      break;
    }
  }
  return __real_munmap(base, length);
}
