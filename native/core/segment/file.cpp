#include "file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "core/base/checksum.hpp"
#include "core/base/descriptor.hpp"
#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/layout/name.hpp"
#include "core/os/space.hpp"
#include "core/wake/bell.hpp"
#include "core/wake/semaphore.hpp"
#include "deserted.hpp"

namespace qads {
namespace {

std::uint64_t header_checksum(const SharedMemoryHeader& header) noexcept {
  return checksum_bytes(&header, offsetof(SharedMemoryHeader, checksum));
}

void check_range(const char* what, std::uint64_t value, std::uint64_t low, std::uint64_t high,
                 const std::string& name) {
  if (value >= low && value <= high) return;
  fail(Errc::invalid_argument, "arena \"%s\": %s is %" PRIu64 "; it must be from %" PRIu64 " to %" PRIu64,
       name.c_str(), what, value, low, high);
}

/// Permission to read is enough to hold locks that keep everybody out, and whoever reads batches writes its
/// place into the control pages: so it is both or neither.
void check_mode(std::uint32_t mode, const std::string& name) {
  check_range("mode", mode, 0, 0777, name);
  if ((mode & 0600) != 0600) {
    fail(Errc::invalid_argument, "arena \"%s\": mode %03o does not let its owner read and write it",
         name.c_str(), mode);
  }
  for (const bool of_group : {true, false}) {
    const std::uint32_t may = (of_group ? mode >> 3 : mode) & 06;
    if (may == 0 || may == 06) continue;
    fail(
        Errc::invalid_argument,
        "arena \"%s\": mode %03o lets %s %s: readers write too, into the control pages, and either "
        "permission alone is enough to keep everybody out with locks; give both or neither, as in 0600, 0660 "
        "or 0666",
        name.c_str(), mode, of_group ? "its group" : "all users",
        may == 04 ? "read and not write it" : "write and not read it");
  }
}

[[noreturn]] void fail_not_an_arena(const std::string& name) {
  fail(Errc::not_an_arena, "\"%s\" is not an arena: %s is something else; remove it or choose another name",
       name.c_str(), arena_path(name).c_str());
}

}  // namespace

SharedMemoryHeader make_header(const ArenaOptions& options, std::uint64_t generation,
                               const std::string& name) {
  check_range("the ring's size in bytes", options.capacity, 1, kMaxCapacity, name);
  check_range("bufferCount (slots)", options.slots, kMinSlots, kMaxSlots, name);
  check_range("maxReaders", options.max_readers, 1, kMaxReaders, name);
  check_range("onFull", static_cast<std::uint32_t>(options.on_full), 0, 3, name);
  check_mode(options.mode, name);
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const Geometry geometry = Geometry::of(options.capacity, options.slots, options.max_readers, page);
  SharedMemoryHeader header{};
  header.magic = kMagic;
  header.layout_version = kLayoutVersion;
  header.page_size = static_cast<std::uint32_t>(page);
  header.on_full = static_cast<std::uint32_t>(options.on_full);
  header.total_size = geometry.total_size;
  header.arena_id = random_id();
  header.generation = generation;
  header.created_ns = wall_ns();
  header.reader_table_offset = geometry.reader_table_offset;
  header.slot_table_offset = geometry.slot_table_offset;
  header.ring_offset = geometry.ring_offset;
  header.ring_capacity = geometry.ring_capacity;
  header.max_readers = options.max_readers;
  header.slot_count = options.slots;
  header.lease_threshold = kLeaseThreshold;
  header.flags = options.one_schema ? kFlagOneSchema : 0;
  header.mode = options.mode;
  header.writer_pid = static_cast<std::uint32_t>(getpid());
  header.checksum = header_checksum(header);
  return header;
}

GuardedFd make_unnamed_segment(const SharedMemoryHeader& header, const std::string& name) {
  check_space(header.total_size, name);
  GuardedFd fd(open_descriptor(kSharedMemoryDirectory, O_TMPFILE | O_RDWR, header.mode));
  if (!fd) fail_errno(errno, "making a segment in /dev/shm", name);
  // The mode as asked for, whatever the umask.
  if (fchmod(fd.get(), header.mode) != 0) fail_errno(errno, "setting the mode", name);
  int error;
  do {
    error = posix_fallocate(fd.get(), 0, static_cast<off_t>(header.total_size));
  } while (error == EINTR);
  if (error == ENOSPC) check_space(header.total_size, name);
  if (error != 0) fail_errno(error, "allocating shared memory", name);

  void* mapped = mmap(nullptr, header.ring_offset, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (mapped == MAP_FAILED) fail_errno(errno, "mapping the control pages", name);
  auto* control = static_cast<ControlPage*>(mapped);
  std::memcpy(&control->header, &header, sizeof header);
  control->publish.state.store(static_cast<std::uint32_t>(ArenaState::open), std::memory_order_relaxed);
  init_semaphore(control->writer_wait.semaphore);
  auto* readers =
      reinterpret_cast<ReaderEntry*>(static_cast<std::uint8_t*>(mapped) + header.reader_table_offset);
  for (std::uint32_t i = 0; i < header.max_readers; ++i) {
    readers[i].pin.store(kNoPin, std::memory_order_relaxed);
    init_semaphore(readers[i].semaphore);
  }
  munmap(mapped, header.ring_offset);
  return fd;
}

GuardedFd open_segment_file(const std::string& name) {
  GuardedFd fd(open_descriptor(arena_path(name).c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ENOENT) check_shared_memory_exists(name);
  if (fd || errno == ENOENT) return fd;
  const int error = errno;
  if (error == ELOOP || error == EISDIR || error == ENXIO) fail_not_an_arena(name);
  struct stat status{};
  if (error == EACCES && stat(arena_path(name).c_str(), &status) == 0) {
    fail(Errc::permission,
         "arena \"%s\" is user %u's and group %u's, and its mode is %03o: create it with a wider mode (for "
         "example "
         "0660, and a group that both are in), or run as its owner",
         name.c_str(), status.st_uid, status.st_gid, status.st_mode & 0777u);
  }
  fail_errno(error, "opening the segment", name);
}

bool give_name(int fd, const std::string& path) noexcept {
  if (linkat(fd, "", AT_FDCWD, path.c_str(), AT_EMPTY_PATH) == 0) return true;
  if (errno == EEXIST) return false;
  // Without the capability that AT_EMPTY_PATH wants, /proc leads to the same file.
  char self[48];
  std::snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  return linkat(AT_FDCWD, self, AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

SharedMemoryHeader read_checked_header(int fd, const std::string& name) {
  const char* arena = name.c_str();
  struct stat status{};
  if (fstat(fd, &status) != 0) fail_errno(errno, "looking at the segment", name);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  SharedMemoryHeader header{};
  if (!S_ISREG(status.st_mode) || size < kControlBytes) fail_not_an_arena(name);
  ssize_t got;
  do {
    got = pread(fd, &header, sizeof header, 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) fail_errno(errno, "reading the header", name);
  if (got != static_cast<ssize_t>(sizeof header) || header.magic != kMagic) fail_not_an_arena(name);
  if (header.layout_version != kLayoutVersion) {
    fail(Errc::incompatible,
         "arena \"%s\" has layout version %u, this library reads version %u: use the same release of "
         "qadataswap on both sides",
         arena, header.layout_version, kLayoutVersion);
  }
  if (header.checksum != header_checksum(header)) {
    fail(Errc::corrupt, "arena \"%s\": its header does not match its checksum; another program wrote into it",
         arena);
  }
  if (header.page_size != static_cast<std::uint32_t>(sysconf(_SC_PAGESIZE))) {
    fail(Errc::incompatible, "arena \"%s\" was made with pages of %u bytes, this process has pages of %ld",
         arena, header.page_size, sysconf(_SC_PAGESIZE));
  }
  const bool in_range = header.max_readers >= 1 && header.max_readers <= kMaxReaders &&
                        header.slot_count >= kMinSlots && header.slot_count <= kMaxSlots &&
                        header.ring_capacity >= 1 && header.ring_capacity <= kMaxCapacity &&
                        header.on_full <= 3;
  const Geometry expected =
      in_range ? Geometry::of(header.ring_capacity, header.slot_count, header.max_readers, header.page_size)
               : Geometry{};
  if (!in_range || expected.total_size != header.total_size || expected.ring_offset != header.ring_offset ||
      expected.ring_capacity != header.ring_capacity ||
      expected.slot_table_offset != header.slot_table_offset ||
      expected.reader_table_offset != header.reader_table_offset) {
    fail(Errc::corrupt, "arena \"%s\": the sizes and offsets in its header contradict each other", arena);
  }
  if (size < header.total_size) {
    fail(Errc::corrupt,
         "arena \"%s\" is truncated: its segment has %" PRIu64 " bytes, its header says %" PRIu64, arena,
         size, header.total_size);
  }
  return header;
}

bool same_file(int fd, const std::string& path) noexcept {
  struct stat ours{}, named{};
  if (fstat(fd, &ours) != 0 || stat(path.c_str(), &named) != 0) return false;
  errno = 0;
  return ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

DeadArena DeadArena::claim(const std::string& name, Deadline deadline) {
  for (;;) {
    DeadArena dead;
    dead.name_ = name;
    dead.path_ = arena_path(name);
    dead.fd_ = open_segment_file(name);
    if (!dead.fd_) return dead;
    try {
      dead.header_ = read_checked_header(dead.fd_.get(), name);
      dead.generation_ = dead.header_->generation;
    } catch (const Error& error) {
      // An arena of another version, or a damaged one, may be replaced; a file that is none of ours may not.
      if (error.code() == Errc::not_an_arena) throw;
    }
    if (!try_lock_byte(dead.fd_.get(), kWriterLock)) {
      if (!is_conflict(errno)) fail_errno(errno, "locking the writer's place", name);
      if (!same_file(dead.fd_.get(), dead.path_) && (errno == 0 || errno == ENOENT)) continue;
      fail(Errc::writer_exists, "arena \"%s\" already has a writer (process %u); one arena has one writer",
           name.c_str(), dead.header_ ? dead.header_->writer_pid : 0);
    }
    const MembershipLock membership(dead.fd_.get(), deadline);
    membership.check_held(name);
    if (same_file(dead.fd_.get(), dead.path_)) return dead;
    if (errno != 0 && errno != ENOENT) fail_errno(errno, "looking at its name", name);
    if (deadline.passed()) fail(Errc::timed_out, "arena \"%s\": its name is being fought over", name.c_str());
  }
}

void DeadArena::remove() {
  if (!fd_) return;
  // Whoever removed the name by hand may have given it to another arena since.
  if (same_file(fd_.get(), path_)) {
    QADS_LOG(debug, "arena path %s: taken over from a writer that is gone", path_.c_str());
    if (unlink(path_.c_str()) != 0 && errno != ENOENT) fail_removing(errno, name_);
  }
  fd_.reset();
  remove_what_is_left();
}

void fail_removing(int error, const std::string& name) {
  struct stat status{};
  if ((error == EPERM || error == EACCES) && stat(arena_path(name).c_str(), &status) == 0) {
    fail(
        Errc::permission,
        "arena \"%s\" was left by user %u, and only the owner of a file may remove it from %s: let that user "
        "create or unlink it, or choose another name",
        name.c_str(), status.st_uid, kSharedMemoryDirectory);
  }
  fail_errno(error, "removing the name", name);
}

void remove_what_is_left() noexcept {
  remove_orphaned_bells();
  remove_deserted_arenas();
}

}  // namespace qads
