#include "one_schema.hpp"

#include "ipc/difference.hpp"
#include "ipc/verify.hpp"

namespace qads {

std::string OneSchema::difference(const std::uint8_t* slot, std::size_t length, std::uint64_t fingerprint) {
  std::vector<std::uint8_t> schema =
      slot == nullptr ? std::vector<std::uint8_t>() : schema_of_slot(slot, length);
  if (known_) {
    // Without a schema message the fingerprints are all there is to compare, and they differ.
    if (schema.empty() || first_.empty()) return "a batch has no schema message";
    std::string found = schema_difference(first_, schema);
    if (!found.empty()) return found;
  } else {
    first_ = std::move(schema);
    known_ = true;
  }
  last_ = fingerprint;
  return {};
}

}  // namespace qads
