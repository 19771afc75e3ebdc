#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace qads {

/// The rule of an arena of one schema: all batches have the columns of the first. Their schema messages, and
/// with them their fingerprints, may differ in what schema_difference() does not compare. Not thread-safe.
class OneSchema {
 public:
  /// Whether the last batch that was allowed had this fingerprint: then so is this one, without a look at it.
  [[nodiscard]] bool allows(std::uint64_t fingerprint) const noexcept {
    return known_ && fingerprint == last_;
  }

  /// Looks at the batch: what differs from the first one, in words; empty when it is allowed, as the first
  /// is.
  [[nodiscard]] std::string difference(const std::uint8_t* slot, std::size_t length,
                                       std::uint64_t fingerprint);

 private:
  bool known_ = false;
  std::uint64_t last_ = 0;
  std::vector<std::uint8_t> first_;
};

}  // namespace qads
