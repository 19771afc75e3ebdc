// Compaction of string and binary views. An array of views refers to buffers that it may share with a much
// larger one (the first ten rows of a frame, one part of a batch split by rows); an IPC writer would write
// them whole. Format: "Variable-size Binary View Layout" of the Arrow columnar format.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ipc_parts.hpp"

namespace qads::ipc {

/// One column of views whose values are gathered into one buffer while it is written. Borrows everything.
struct ViewGather {
  const uint8_t* views;
  const uint8_t* validity;  // bitmap of `rows` bits, or null: all valid
  uint64_t rows;
  std::vector<IpcParts::Piece> data;
  uint64_t referenced;  // bytes that the gathered values take

  /// Writes rows * 16 bytes of views and `referenced` bytes of values.
  void write(uint8_t* views_to, uint8_t* data_to) const noexcept;
};

/// A gather, if it makes the column much smaller; nothing where that is not so or the views are not sound.
/// `rows` views start at `views`.
std::optional<ViewGather> plan_gather(const uint8_t* views, const uint8_t* validity, uint64_t rows,
                                      std::vector<IpcParts::Piece> data);

}  // namespace qads::ipc
