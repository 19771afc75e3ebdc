#include "deserted.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/descriptor.hpp"
#include "core/base/log.hpp"
#include "core/layout/name.hpp"
#include "core/life/fork_guard.hpp"
#include "core/life/kernel_lock.hpp"
#include "file.hpp"

namespace qads {
namespace {

constexpr auto kDeserted = static_cast<std::uint32_t>(ArenaState::deserted);

void remove_if_deserted(const std::string& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0 || status.st_uid != geteuid() || !is_sparse(status)) return;
  const GuardedFd fd(open_descriptor(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK));
  // Locked against one that takes the name over at this moment.
  if (!fd || !is_deserted(fd.get()) || !try_lock_byte(fd.get(), kWriterLock) ||
      !try_lock_byte(fd.get(), kMembershipLock))
    return;
  if (same_file(fd.get(), path)) unlink(path.c_str());
}

}  // namespace

bool is_deserted(int fd) noexcept {
  SharedMemoryHeader header{};
  std::uint32_t state = 0;
  constexpr auto kStateOffset = offsetof(ControlPage, publish) + offsetof(PublishLine, state);
  return pread(fd, &header, sizeof header, 0) == static_cast<ssize_t>(sizeof header) &&
         header.magic == kMagic && header.layout_version == kLayoutVersion &&
         pread(fd, &state, sizeof state, kStateOffset) == static_cast<ssize_t>(sizeof state) &&
         state == kDeserted;
}

void give_back_memory(int fd, const SharedMemoryHeader& header) noexcept {
  if (is_byte_locked_by_other(fd, kBytesLock)) return;
  const auto kept = static_cast<off_t>(kControlBytes);
  if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, kept,
                static_cast<off_t>(header.total_size) - kept) != 0) {
    QADS_LOG(warn, "an arena that everybody left keeps its memory: the system does not take it back");
  }
}

void remove_deserted_arenas() noexcept {
  try {
    for (const std::string& name : list_segment_names()) remove_if_deserted(arena_path(name));
  } catch (const std::bad_alloc&) {
    // the next one does it
  }
}

}  // namespace qads
