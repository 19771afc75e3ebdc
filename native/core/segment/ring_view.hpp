// One mapping of the data ring, twice back to back: any range of up to `capacity` bytes is contiguous.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "fault_handler.hpp"

namespace qads {

enum class Access { read_only, read_write };

class RingView {
 public:
  /// Borrows `fd` for the call. Throws no_space or system.
  RingView(int fd, std::uint64_t ring_offset, std::uint64_t capacity, Access access,
           const std::string& arena);
  ~RingView();
  RingView(const RingView&) = delete;
  RingView& operator=(const RingView&) = delete;

  std::uint8_t* base() const noexcept { return base_; }
  std::uint64_t capacity() const noexcept { return capacity_; }
  /// Both halves.
  std::uint64_t span() const noexcept { return 2 * capacity_; }

  /// Faults the pages of both halves in, in bulk, so that no lap pays page faults. Best effort.
  void populate() const noexcept;

  /// Puts the shared pages back over [offset, offset+length) of the view, page-aligned. False if the kernel
  /// refused.
  [[nodiscard]] bool restore(int fd, std::uint64_t offset, std::uint64_t length) const noexcept;
  /// A child that is forked from now on has the mapping too.
  void show_to_forks() const noexcept;
  /// Frees the private pages in the range; their contents are gone.
  void discard(std::uint64_t offset, std::uint64_t length) const noexcept;
  /// Puts private memory of zeros in the place of the ring, writable. If the kernel refuses, no memory at
  /// all.
  void withdraw() const noexcept;

 private:
  std::uint8_t* base_ = nullptr;
  std::uint64_t ring_offset_;
  std::uint64_t capacity_;
  Access access_;
  std::uint64_t fork_epoch_;
  std::optional<FaultRange> fault_range_;
};

}  // namespace qads
