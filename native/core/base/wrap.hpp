// Ever-growing numbers as indices.
#pragma once

#include <cstdint>

namespace qads {

/// `number` modulo a size that stays: a mask where that is a power of two, which a division costs several
/// times.
class Wrap {
 public:
  explicit Wrap(std::uint64_t size) noexcept : size_(size), is_power_of_two_((size & (size - 1)) == 0) {}
  std::uint64_t operator()(std::uint64_t number) const noexcept {
    return is_power_of_two_ ? number & (size_ - 1) : number % size_;
  }

 private:
  std::uint64_t size_;
  bool is_power_of_two_;
};

}  // namespace qads
