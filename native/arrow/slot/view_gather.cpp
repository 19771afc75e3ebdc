#include "view_gather.hpp"

#include <cstring>
#include <utility>

namespace qads::ipc {
namespace {

constexpr uint64_t kViewBytes = 16;
constexpr uint32_t kInlineBytes = 12;
// Below this a gather saves nothing worth the pass.
constexpr uint64_t kSmallData = 4096;
// Offsets in views are 32-bit and signed.
constexpr uint64_t kMaxBufferBytes = 0x7FFFFFFF;

struct View {
  uint32_t length;
  uint32_t prefix;
  uint32_t buffer;
  uint32_t offset;
};
static_assert(sizeof(View) == kViewBytes);

View view_at(const uint8_t* views, uint64_t row) noexcept {
  View view;
  std::memcpy(&view, views + row * kViewBytes, kViewBytes);
  return view;
}

bool is_valid(const uint8_t* validity, uint64_t row) noexcept {
  return validity == nullptr || ((validity[row / 8] >> (row % 8)) & 1) != 0;
}

}  // namespace

void ViewGather::write(uint8_t* views_to, uint8_t* data_to) const noexcept {
  uint32_t used = 0;
  for (uint64_t row = 0; row < rows; ++row) {
    View view = is_valid(validity, row) ? view_at(views, row) : View{};
    if (view.length > kInlineBytes) {
      std::memcpy(data_to + used, data[view.buffer].data + view.offset, view.length);
      view.buffer = 0;
      view.offset = used;
      used += view.length;
    }
    std::memcpy(views_to + row * kViewBytes, &view, kViewBytes);
  }
}

std::optional<ViewGather> plan_gather(const uint8_t* views, const uint8_t* validity, uint64_t rows,
                                      std::vector<IpcParts::Piece> data) {
  uint64_t held = 0;
  for (const auto& piece : data) held += piece.length;
  if (held <= kSmallData) return std::nullopt;
  uint64_t referenced = 0;
  for (uint64_t row = 0; row < rows; ++row) {
    const View view = view_at(views, row);
    if (view.length <= kInlineBytes || !is_valid(validity, row)) continue;
    referenced += view.length;
    if (2 * referenced > held) return std::nullopt;
    if (view.buffer >= data.size() || view.length > data[view.buffer].length ||
        view.offset > data[view.buffer].length - view.length) {
      return std::nullopt;
    }
  }
  if (referenced > kMaxBufferBytes) return std::nullopt;
  return ViewGather{views, validity, rows, std::move(data), referenced};
}

}  // namespace qads::ipc
