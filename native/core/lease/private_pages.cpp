#include "private_pages.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

namespace qads {

PrivatePages::~PrivatePages() {
  if (pages_ != nullptr) munmap(pages_, length_);
}

PrivatePages::PrivatePages(PrivatePages&& other) noexcept
    : pages_(std::exchange(other.pages_, nullptr)), length_(other.length_) {}

PrivatePages& PrivatePages::operator=(PrivatePages&& other) noexcept {
  std::swap(pages_, other.pages_);
  std::swap(length_, other.length_);
  return *this;
}

bool PrivatePages::copy_from(const std::uint8_t* source) noexcept {
  std::memcpy(pages_, source, length_);
  // Views stay read-only, in the ring or out of it.
  return mprotect(pages_, length_, PROT_READ) == 0;
}

bool PrivatePages::make_writable() noexcept { return mprotect(pages_, length_, PROT_READ | PROT_WRITE) == 0; }

bool PrivatePages::put_at(const std::uint8_t* address) noexcept {
  void* place = const_cast<std::uint8_t*>(address);
  if (mremap(pages_, length_, length_, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED) return false;
  pages_ = nullptr;  // they belong to the view now
  return true;
}

PrivatePages allocate_private_pages(std::uint64_t length) noexcept {
  // Populated in one call: faulting page by page costs more than the copy.
  void* pages =
      mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  return pages == MAP_FAILED ? PrivatePages() : PrivatePages(pages, length);
}

bool replace_by_file(const std::uint8_t* address, std::uint64_t length) noexcept {
  // Beyond that limit the kernel would end the process.
  rlimit limit{};
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur < length) return false;
  const int fd = memfd_create("qadataswap-batch", MFD_CLOEXEC);
  if (fd < 0) return false;
  std::uint64_t done = 0;
  while (done < length) {
    const ssize_t written = pwrite(fd, address + done, length - done, static_cast<off_t>(done));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    done += static_cast<std::uint64_t>(written);
  }
  void* place = const_cast<std::uint8_t*>(address);
  const bool replaced =
      done == length && mmap(place, length, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) != MAP_FAILED;
  close(fd);
  return replaced;
}

bool can_move_pages(std::uint64_t length) noexcept {
  PrivatePages pages = allocate_private_pages(length);
  if (!pages) return false;
  void* place = mmap(nullptr, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (place == MAP_FAILED) return false;
  const auto* address = static_cast<const std::uint8_t*>(place);
  bool moved = pages.put_at(address);
  if (!moved && mprotect(place, length, PROT_READ) == 0) moved = replace_by_file(address, length);
  munmap(place, length);
  return moved;
}

PrivatePages PrivatePagePool::reuse(std::uint64_t length) noexcept {
  const auto found = pages_.find(length);
  if (found == pages_.end()) return {};
  PrivatePages pages = std::move(found->second);
  pages_.erase(found);
  kept_ -= length;
  return pages;
}

void PrivatePagePool::keep(const std::uint8_t* address, std::uint64_t length) noexcept {
  if (kept_ + length > bound_) return;
  // DONTUNMAP: another thread's mmap must not land in the hole before the ring is put back there.
  void* pages = mremap(const_cast<std::uint8_t*>(address), length, length, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
  if (pages == MAP_FAILED) return;  // an older kernel: the pages are freed when the ring is put back
  PrivatePages kept(pages, length);
  if (mprotect(pages, length, PROT_READ | PROT_WRITE) != 0) return;
  try {
    pages_.emplace(length, std::move(kept));
    kept_ += length;
  } catch (const std::bad_alloc&) {
    // Not kept, then.
  }
}

bool PrivatePagePool::drop() noexcept {
  const bool any = !pages_.empty();
  pages_.clear();
  kept_ = 0;
  return any;
}

}  // namespace qads
