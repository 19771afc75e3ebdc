// Private copies of pages that can take the place of the originals at the same address.
#pragma once

#include <cstdint>
#include <map>

namespace qads {

/// Some private, writable pages; owned, unmapped by the destructor unless they were put somewhere.
class PrivatePages {
 public:
  PrivatePages() = default;
  PrivatePages(void* pages, std::uint64_t length) noexcept : pages_(pages), length_(length) {}
  ~PrivatePages();
  PrivatePages(PrivatePages&& other) noexcept;
  PrivatePages& operator=(PrivatePages&& other) noexcept;
  PrivatePages(const PrivatePages&) = delete;
  PrivatePages& operator=(const PrivatePages&) = delete;

  explicit operator bool() const noexcept { return pages_ != nullptr; }
  std::uint64_t length() const noexcept { return length_; }

  /// Copies length() bytes and makes the pages read-only. False if the kernel refused that.
  [[nodiscard]] bool copy_from(const std::uint8_t* source) noexcept;

  /// As before copy_from. False if the kernel refused.
  [[nodiscard]] bool make_writable() noexcept;

  /// Replaces the mapping at `address` by these pages, atomically for whoever reads there: an access
  /// meanwhile faults, waits for the kernel's lock on the address space, and sees the same bytes. False if
  /// the kernel refused.
  [[nodiscard]] bool put_at(const std::uint8_t* address) noexcept;

 private:
  void* pages_ = nullptr;
  std::uint64_t length_ = 0;
};

/// Where PrivatePages come from and go back to. Fresh pages cost three times as much as the copy into them,
/// because the kernel clears them one by one; pages that were faulted in before cost nothing. Not
/// thread-safe.
class PrivatePagePool {
 public:
  /// Keeps up to `bound` bytes.
  explicit PrivatePagePool(std::uint64_t bound) noexcept : bound_(bound) {}

  /// Kept pages of exactly this length, or none.
  PrivatePages reuse(std::uint64_t length) noexcept;
  /// Takes the private pages at `address` away and keeps them; what is mapped there after is unspecified but
  /// reserved.
  void keep(const std::uint8_t* address, std::uint64_t length) noexcept;
  /// Frees all that is kept. True if there was something.
  bool drop() noexcept;

 private:
  std::uint64_t bound_;
  std::uint64_t kept_ = 0;
  std::multimap<std::uint64_t, PrivatePages> pages_;  // by length
};

/// New pages, faulted in. Empty if the kernel refused.
PrivatePages allocate_private_pages(std::uint64_t length) noexcept;

/// The same as copying to private pages and putting them there, with other calls: the copy is made in a file
/// without a name, and mapped. For where the kernel refuses to move pages. False if it refused this too.
[[nodiscard]] bool replace_by_file(const std::uint8_t* address, std::uint64_t length) noexcept;

/// Moves private pages of this length over others, to see whether the kernel lets this process do that: a
/// sandbox may forbid it, and memory may be short.
[[nodiscard]] bool can_move_pages(std::uint64_t length) noexcept;

}  // namespace qads
