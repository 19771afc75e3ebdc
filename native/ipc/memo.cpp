#include "memo.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "batch.hpp"

namespace qads::ipc {
namespace {

// A hostile writer could otherwise make a reader remember huge slots.
constexpr uint64_t kMaxSlotBytes = 256u << 10;

bool same(const KnownSlot& known, const uint8_t* slot, uint64_t length) noexcept {
  return known.length == length && std::memcmp(known.head.data(), slot, known.head.size()) == 0 &&
         std::memcmp(known.tail.data(), slot + length - known.tail.size(), known.tail.size()) == 0;
}

}  // namespace

const KnownSlot* SlotMemo::find(const uint8_t* slot, uint64_t length) noexcept {
  for (auto known = known_.begin(); known != known_.end(); ++known) {
    if (!same(**known, slot, length)) continue;
    if (known != known_.begin()) std::rotate(known_.begin(), known, known + 1);
    if (credit_ < kMaxCredit) ++credit_;
    return known_.front().get();
  }
  return nullptr;
}

KnownSlot* SlotMemo::draft(const uint8_t* slot, uint64_t length, const Message& batch, size_t words) {
  if (length - batch.body_length + words * sizeof(double) > kMaxSlotBytes) return nullptr;
  if (credit_ > 0) {
    --credit_;
    make_room(kMaxSlots - 1);
  } else {
    if (++unpaid_ % kMaxCredit != 0) return nullptr;
    // The fewer there are, the less it costs to find none.
    make_room(0);
  }
  if (draft_ == nullptr) draft_ = std::make_unique<KnownSlot>();
  known_.reserve(kMaxSlots);
  draft_->length = length;
  draft_->tail.assign(slot + batch.end(), slot + length);
  return draft_.get();
}

void SlotMemo::make_room(size_t slots) noexcept {
  while (known_.size() > slots) {
    draft_ = std::move(known_.back());
    known_.pop_back();
  }
}

const KnownSlot* SlotMemo::keep() noexcept {
  draft_->layout_id = next_layout_id_;
  if (next_layout_id_ != 0) ++next_layout_id_;
  known_.insert(known_.begin(), std::move(draft_));
  return known_.front().get();
}

void SlotMemo::forget(const Shape* shape) noexcept {
  const auto of_shape = [shape](const auto& known) { return known->shape == shape; };
  known_.erase(std::remove_if(known_.begin(), known_.end(), of_shape), known_.end());
}

}  // namespace qads::ipc
