// Mappings held in reserve, to be given up when the kernel refuses another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace qads {

/// The kernel bounds how many mappings a process has (vm.max_map_count), and whatever else the program maps
/// counts too. Pages that are moved over part of the ring cost two mappings more. Who leases a batch in place
/// must be able to move it later, so it takes these two beforehand: pages of reserved address space whose
/// protection differs from their neighbours'. They cost no memory. Not thread-safe.
class SpareMappings {
 public:
  SpareMappings() noexcept;
  ~SpareMappings();
  SpareMappings(const SpareMappings&) = delete;
  SpareMappings& operator=(const SpareMappings&) = delete;

  /// Pairs of mappings in hand.
  std::size_t pairs() const noexcept { return pairs_; }
  /// Takes pairs until there are `pairs`. False if the kernel refuses.
  [[nodiscard]] bool grow_to(std::size_t pairs) noexcept;
  /// Gives pairs up until there are no more than `pairs`. True if there were.
  bool shrink_to(std::size_t pairs) noexcept;

 private:
  std::uint8_t* page_of(std::size_t pair) const noexcept;
  bool reserve_block() noexcept;

  std::size_t page_size_;
  std::uint64_t fork_epoch_;
  std::vector<std::uint8_t*> blocks_;
  std::size_t pairs_ = 0;
};

}  // namespace qads
