#pragma once

#include <cstdint>
#include <vector>

#include "flatbuffer.hpp"
#include "shape.hpp"

namespace qads::ipc {

/// Verifies the footer (File.fbs): its schema equals the one that `shape` was compiled from, and its blocks
/// are exactly the batches described by `layout`. `offset` is its place in the slot, for messages only.
/// Throws std::bad_alloc only.
bool check_footer(const uint8_t* footer, uint64_t offset, uint32_t length, Shape& shape,
                  const std::vector<double>& layout, Failure& failure);

}  // namespace qads::ipc
