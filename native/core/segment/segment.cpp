#include "segment.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/layout/name.hpp"
#include "core/life/kernel_lock.hpp"
#include "core/os/space.hpp"
#include "deserted.hpp"
#include "file.hpp"

namespace qads {
namespace {

/// When shared memory is too small for two, the dead arena goes before the new one is allocated.
GuardedFd make_segment_or_make_room(const SharedMemoryHeader& header, DeadArena& predecessor,
                                    const std::string& name) {
  try {
    return make_unnamed_segment(header, name);
  } catch (const Error& error) {
    if (error.code() != Errc::no_space || !predecessor.exists()) throw;
  }
  predecessor.remove();
  return make_unnamed_segment(header, name);
}

}  // namespace

SharedSegment::SharedSegment(std::string name, GuardedFd fd, const SharedMemoryHeader& header)
    : name_(std::move(name)),
      fd_(std::move(fd)),
      header_(header),
      slot_index_(header.slot_count),
      in_ring_(header.ring_capacity),
      fork_epoch_(fork_epoch()) {
  void* mapped = mmap(nullptr, header_.ring_offset, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (mapped == MAP_FAILED) fail_errno(errno, "mapping the control pages", name_);
  madvise(mapped, header_.ring_offset, MADV_DONTFORK);
  base_ = static_cast<std::uint8_t*>(mapped);
  fault_range_.emplace(base_, header_.ring_offset, name_);
}

SharedSegment::SharedSegment(SharedSegment&& other) noexcept
    : name_(std::move(other.name_)),
      fd_(std::move(other.fd_)),
      header_(other.header_),
      slot_index_(other.slot_index_),
      in_ring_(other.in_ring_),
      base_(std::exchange(other.base_, nullptr)),
      keeps_bytes_(std::exchange(other.keeps_bytes_, false)),
      fork_epoch_(other.fork_epoch_) {
  other.fault_range_.reset();
  fault_range_.emplace(base_, header_.ring_offset, name_);
}

SharedSegment::~SharedSegment() {
  fault_range_.reset();
  if (base_ != nullptr && !forked()) munmap(base_, header_.ring_offset);
}

SharedSegment SharedSegment::open(const std::string& name) {
  validate_name(name);
  GuardedFd fd = open_segment_file(name);
  if (!fd) fail_errno(ENOENT, "opening the segment", name);
  const SharedMemoryHeader header = read_checked_header(fd.get(), name);
  SharedSegment segment(name, std::move(fd), header);
  segment.check_not_deserted();
  return segment;
}

SharedSegment SharedSegment::create(const std::string& name, const ArenaOptions& options) {
  validate_name(name);
  const Deadline deadline = membership_deadline();
  const std::string path = arena_path(name);
  for (;;) {
    DeadArena predecessor = DeadArena::claim(name, deadline);
    SharedMemoryHeader header = make_header(options, predecessor.next_generation(), name);
    GuardedFd fd = make_segment_or_make_room(header, predecessor, name);
    sync_point(SyncPoint::create_sized);
    if (!try_lock_byte(fd.get(), kWriterLock)) {
      fail(Errc::system, "arena \"%s\": the kernel refused a lock on a new segment", name.c_str());
    }
    sync_point(SyncPoint::create_locked);
    // Mapped before it has a name: what fails until then leaves nothing.
    SharedSegment segment(name, std::move(fd), header);
    predecessor.remove();
    sync_point(SyncPoint::create_unlinked);
    if (give_name(segment.fd(), path)) {
      sync_point(SyncPoint::create_named);
      QADS_LOG(debug, "arena=%s generation=%llu created: ring %llu bytes, %u slots, %u readers", name.c_str(),
               static_cast<unsigned long long>(header.generation),
               static_cast<unsigned long long>(header.ring_capacity), header.slot_count, header.max_readers);
      return segment;
    }
    if (errno != EEXIST) fail_errno(errno, "naming the segment", name);
    // Another writer took the name between our look and our link: look again.
    if (deadline.passed()) fail(Errc::timed_out, "arena \"%s\": its name is being fought over", name.c_str());
  }
}

std::uint32_t SharedSegment::readers_in_use() const noexcept {
  return std::min(control().reclaim.readers_in_use.load(std::memory_order_seq_cst), header_.max_readers);
}

bool SharedSegment::is_named() const noexcept { return same_file(fd_.get(), arena_path(name_)); }

bool SharedSegment::writer_alive() const noexcept { return is_byte_locked_by_other(fd_.get(), kWriterLock); }

bool SharedSegment::reader_alive(std::uint32_t index) const noexcept {
  return is_byte_locked_by_other(fd_.get(), reader_lock(index));
}

bool SharedSegment::deserted() const noexcept {
  if (writer_alive()) return false;
  for (std::uint32_t i = 0; i < header_.max_readers; ++i) {
    if (reader_alive(i)) return false;
  }
  return true;
}

void SharedSegment::check_not_deserted() const {
  if (control().publish.state.load(std::memory_order_seq_cst) ==
      static_cast<std::uint32_t>(ArenaState::deserted)) {
    fail_errno(ENOENT, "opening the segment", name_);
  }
}

void SharedSegment::remove_name() noexcept {
  remove_what_is_left();
  if (!is_named()) return;
  if (unlink(arena_path(name_).c_str()) == 0) {
    QADS_LOG(debug, "arena=%s generation=%llu removed: everybody has closed", name_.c_str(),
             static_cast<unsigned long long>(header_.generation));
    return;
  }
  QADS_LOG(warn,
           "arena=%s: everybody has closed, but its name is for its owner to remove (%s); its memory is "
           "given back",
           name_.c_str(), std::strerror(errno));
  control().publish.state.store(static_cast<std::uint32_t>(ArenaState::deserted), std::memory_order_seq_cst);
  if (!keeps_bytes_) give_back_memory(fd_.get(), header_);
}

void SharedSegment::keep_bytes() noexcept { keeps_bytes_ = try_share_byte(fd_.get(), kBytesLock); }

void SharedSegment::give_bytes_back() noexcept {
  if (!std::exchange(keeps_bytes_, false) || forked()) return;
  unlock_byte(fd_.get(), kBytesLock);
  if (is_deserted(fd_.get())) give_back_memory(fd_.get(), header_);
}

void SharedSegment::check_not_forked() const {
  if (forked()) {
    fail(Errc::forked,
         "arena \"%s\": this handle was made before fork(); a child process must create its own reader or "
         "writer",
         name_.c_str());
  }
}

bool unlink_arena(const std::string& name) {
  validate_name(name);
  remove_what_is_left();
  if (unlink(arena_path(name).c_str()) == 0) return true;
  if (errno != ENOENT) fail_removing(errno, name);
  check_shared_memory_exists(name);
  return false;
}

}  // namespace qads
