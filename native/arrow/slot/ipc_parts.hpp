// What an Arrow IPC writer writes, kept as it comes: small writes are copied, large buffers only referred to.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace qads::ipc {

/// The output of an IPC writer as a list of pieces, addressed by its position in the whole.
class IpcParts {
 public:
  /// Copies `bytes`.
  void add_copy(const void* bytes, uint64_t length);
  /// Borrows `bytes`: they must stay valid and unchanged until clear() or the last use of a plan made of
  /// them.
  void add_borrowed(const void* bytes, uint64_t length);
  void clear() noexcept;

  uint64_t size() const noexcept { return size_; }

  /// A run of bytes that is contiguous in memory.
  struct Piece {
    const uint8_t* data;
    uint64_t length;
  };
  /// The piece at `position`, from there to its end. `position` is below size().
  Piece piece_at(uint64_t position) const noexcept;
  /// Copies `length` bytes from `position`; both lie within size().
  void copy(uint64_t position, uint64_t length, uint8_t* to) const noexcept;

 private:
  struct Part {
    uint64_t begin;
    const uint8_t* data;
    uint64_t length;
  };

  // Copies live in blocks that never move, because parts point into them.
  static constexpr uint64_t kBlockBytes = 16 * 1024;
  std::vector<std::unique_ptr<uint8_t[]>> blocks_;
  std::vector<std::unique_ptr<uint8_t[]>> large_;
  uint64_t block_used_ = kBlockBytes;
  size_t block_ = 0;  // blocks_ before this one are full
  std::vector<Part> parts_;
  uint64_t size_ = 0;
};

}  // namespace qads::ipc
