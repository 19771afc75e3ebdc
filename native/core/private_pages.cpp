#include "private_pages.hpp"

#include <sys/mman.h>

#include <cstring>

namespace qads {

PrivatePages::PrivatePages(const std::uint8_t* source, std::uint64_t length) noexcept : length_(length) {
  // Populated in one call: faulting page by page costs more than the copy.
  pages_ = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (pages_ == MAP_FAILED) return;
  std::memcpy(pages_, source, length);
  // Views stay read-only, in the ring or out of it.
  mprotect(pages_, length, PROT_READ);
}

PrivatePages::~PrivatePages() {
  if (pages_ != MAP_FAILED) munmap(pages_, length_);
}

bool PrivatePages::put_at(const std::uint8_t* address) noexcept {
  if (pages_ == MAP_FAILED) return false;
  void* place = const_cast<std::uint8_t*>(address);
  if (mremap(pages_, length_, length_, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED) return false;
  pages_ = MAP_FAILED;  // they belong to the view now
  return true;
}

}  // namespace qads
