// A private copy of some pages that can take their place at the same address.
#pragma once

#include <cstdint>

namespace qads {

class PrivatePages {
 public:
  /// Copies [source, source+length), page-aligned. `length` > 0.
  PrivatePages(const std::uint8_t* source, std::uint64_t length) noexcept;
  ~PrivatePages();
  PrivatePages(const PrivatePages&) = delete;
  PrivatePages& operator=(const PrivatePages&) = delete;

  /// Replaces the mapping at `address` by these pages, atomically for whoever reads there: an access
  /// meanwhile faults, waits for the kernel's lock on the address space, and sees the same bytes. False if
  /// the kernel refused.
  [[nodiscard]] bool put_at(const std::uint8_t* address) noexcept;

 private:
  void* pages_;
  std::uint64_t length_;
};

}  // namespace qads
