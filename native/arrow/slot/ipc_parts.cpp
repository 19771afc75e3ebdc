#include "ipc_parts.hpp"

#include <algorithm>
#include <cstring>

#include "core/base/stream_copy.hpp"

namespace qads::ipc {

void IpcParts::add_copy(const void* bytes, uint64_t length) {
  if (length == 0) return;
  uint8_t* place;
  if (length > kBlockBytes / 4) {
    large_.push_back(std::make_unique<uint8_t[]>(length));
    place = large_.back().get();
  } else {
    if (block_used_ + length > kBlockBytes) {
      if (!blocks_.empty() && block_ + 1 < blocks_.size()) {
        ++block_;
      } else {
        blocks_.push_back(std::make_unique<uint8_t[]>(kBlockBytes));
        block_ = blocks_.size() - 1;
      }
      block_used_ = 0;
    }
    place = blocks_[block_].get() + block_used_;
    block_used_ += length;
  }
  std::memcpy(place, bytes, length);
  parts_.push_back({size_, place, length});
  size_ += length;
}

void IpcParts::add_borrowed(const void* bytes, uint64_t length) {
  if (length == 0) return;
  parts_.push_back({size_, static_cast<const uint8_t*>(bytes), length});
  size_ += length;
}

void IpcParts::clear() noexcept {
  parts_.clear();
  large_.clear();
  size_ = 0;
  block_ = 0;
  block_used_ = blocks_.empty() ? kBlockBytes : 0;
}

IpcParts::Piece IpcParts::piece_at(uint64_t position) const noexcept {
  auto after = std::upper_bound(parts_.begin(), parts_.end(), position,
                                [](uint64_t at, const Part& part) { return at < part.begin; });
  const Part& part = *--after;
  const uint64_t skip = position - part.begin;
  return {part.data + skip, part.length - skip};
}

void IpcParts::copy(uint64_t position, uint64_t length, uint8_t* to) const noexcept {
  while (length > 0) {
    const Piece piece = piece_at(position);
    const uint64_t count = std::min(length, piece.length);
    stream_copy(to, piece.data, count);
    position += count;
    to += count;
    length -= count;
  }
}

}  // namespace qads::ipc
