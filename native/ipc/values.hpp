#pragma once

#include <cstdint>
#include <vector>

#include "flatbuffer.hpp"
#include "shape.hpp"

namespace qads::ipc {

/// Verifies the values of one block of layout words, which starts at `words`, was made from `program` and is
/// not compressed. Bounds come from the layout, so that bytes which change meanwhile do no harm.
/// `dictionary_rows` is per dictionary of the schema.
bool check_block_values(const uint8_t* slot, const double* words, const Program& program,
                        const std::vector<int64_t>& dictionary_rows, Failure& failure) noexcept;

}  // namespace qads::ipc
