#include "ring_view.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include "core/base/error.hpp"
#include "core/life/fork_guard.hpp"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

namespace qads {
namespace {

int protection(Access access) noexcept {
  return access == Access::read_write ? PROT_READ | PROT_WRITE : PROT_READ;
}

}  // namespace

RingView::RingView(int fd, std::uint64_t ring_offset, std::uint64_t capacity, Access access,
                   const std::string& arena)
    : ring_offset_(ring_offset), capacity_(capacity), access_(access), fork_epoch_(fork_epoch()) {
  // Reserve first: the two halves then replace address space that is ours.
  void* reserved = mmap(nullptr, span(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) fail_errno(errno, "reserving address space for the ring", arena);
  base_ = static_cast<std::uint8_t*>(reserved);
  if (!restore(fd, 0, span())) {
    const int error = errno;
    munmap(base_, span());
    fail_errno(error, "mapping the ring", arena);
  }
  fault_range_.emplace(base_, span(), arena);
}

RingView::~RingView() {
  fault_range_.reset();
  // A forked child does not have the mapping: what is at these addresses there is not ours.
  if (fork_epoch_ == fork_epoch()) munmap(base_, span());
}

void RingView::populate() const noexcept {
  madvise(base_, span(), access_ == Access::read_write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
}

void RingView::show_to_forks() const noexcept { madvise(base_, span(), MADV_DOFORK); }

void RingView::discard(std::uint64_t offset, std::uint64_t length) const noexcept {
  madvise(base_ + offset, length, MADV_DONTNEED);
}

void RingView::withdraw() const noexcept {
  if (fork_epoch_ != fork_epoch()) return;
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
  if (mmap(base_, span(), PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED) {
    mprotect(base_, span(), PROT_NONE);
  }
}

bool RingView::restore(int fd, std::uint64_t offset, std::uint64_t length) const noexcept {
  for (std::uint64_t done = 0; done < length;) {
    const std::uint64_t in_ring = (offset + done) % capacity_;
    const std::uint64_t part = std::min(length - done, capacity_ - in_ring);
    void* place = base_ + offset + done;
    if (mmap(place, part, protection(access_), MAP_SHARED | MAP_FIXED, fd,
             static_cast<off_t>(ring_offset_ + in_ring)) == MAP_FAILED) {
      return false;
    }
    // A forked child must not look at a ring that goes on without it.
    madvise(place, part, MADV_DONTFORK);
    done += part;
  }
  return true;
}

}  // namespace qads
