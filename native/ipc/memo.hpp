#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace qads::ipc {

struct Message;
struct Shape;

/// A slot that was accepted without a look into the body of its only batch: its length and all other bytes,
/// which therefore decide alone, and what they led to.
struct KnownSlot {
  uint64_t length = 0;
  std::vector<uint8_t> head;  // the bytes before the body
  std::vector<uint8_t> tail;  // the bytes after it
  std::vector<double> layout;
  Shape* shape = nullptr;
  uint32_t layout_id = 0;
};

/// The last few such slots. Not thread-safe.
class SlotMemo {
 public:
  static constexpr size_t kMaxSlots = 4;
  /// To remember a slot costs about what finding it saves, so that each one found pays for one to be
  /// remembered. So many are remembered on credit; after that, while none is found, one in so many.
  static constexpr uint32_t kMaxCredit = 16;

  /// The slot known with this length and these bytes but for the body, or nullptr. Valid until the next
  /// draft() or forget(). A peer may change the bytes meanwhile: none has a say after it was compared, and
  /// what is found was checked.
  [[nodiscard]] const KnownSlot* find(const uint8_t* slot, uint64_t length) noexcept;

  /// Where to write down a slot that is about to be accepted, or nullptr when it is not worth it. Has its
  /// length, and as the tail a copy of what follows the body at the moment. Throws std::bad_alloc only.
  [[nodiscard]] KnownSlot* draft(const uint8_t* slot, uint64_t length, const Message& batch, size_t words);

  /// Remembers the draft, whose slot was accepted, and gives it a number.
  const KnownSlot* keep() noexcept;

  /// Forgets the slots of a schema.
  void forget(const Shape* shape) noexcept;

 private:
  void make_room(size_t slots) noexcept;

  std::vector<std::unique_ptr<KnownSlot>> known_;  // last used first
  std::unique_ptr<KnownSlot> draft_;
  uint32_t credit_ = kMaxCredit;
  uint32_t unpaid_ = 0;
  uint32_t next_layout_id_ = 1;  // 0 when all numbers have been given
};

}  // namespace qads::ipc
