#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace qads {

/// In what the columns of two schema messages (their metadata, as schema_of_slot() gives it) differ, in
/// words; empty when a program that takes batches of the one takes those of the other. Compared are the names
/// and types of the columns and whether they may be null, in order, and the same of all that is nested in
/// them. Not compared is what says nothing about the values: custom metadata (pandas keeps the range of its
/// index there), but for the names of extension types; the ids of dictionaries; the names of a list's items.
[[nodiscard]] std::string schema_difference(const std::vector<uint8_t>& expected,
                                            const std::vector<uint8_t>& actual);

}  // namespace qads
