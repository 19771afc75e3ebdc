// From the output of an Arrow C++ IPC writer to the bytes of a slot, with one copy of the data.
//
// Arrow C++ (and so pyarrow) pads buffers to 8 bytes; a slot wants every buffer on 64, so that readers of
// 128-bit decimals and vector instructions can use it in place. The messages are the writer's own; only the
// offsets of their buffers, the lengths of their bodies and the blocks of the footer are changed to the wider
// places. Format: "Serialization and Interprocess Communication" of the Arrow columnar format.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "batch_message.hpp"
#include "ipc_parts.hpp"
#include "view_gather.hpp"

namespace qads::ipc {

inline constexpr uint64_t kBufferAlignment = 64;

/// How many buffers a column has in a record batch.
struct NodeLayout {
  uint32_t buffers;  // validity included; of views, without their data
  bool is_view;      // strings or binary whose data buffers follow, as many as the batch says
};

/// What the schema alone decides of a slot: its beginning (magic and schema message) and its footer.
class SlotForm {
 public:
  /// Of a whole IPC file with one record batch. Throws std::runtime_error for anything else. With `nodes`,
  /// one entry per column, parents before their children, views that hold on to much more than they show are
  /// compacted; empty leaves them as they are.
  explicit SlotForm(const IpcParts& file, std::vector<NodeLayout> nodes = {});

  /// Position in that file of the first message after the schema.
  uint64_t first_message() const noexcept { return head_.size(); }

 private:
  friend class SlotPlan;
  bool describes(const BatchMessage& message) const noexcept;

  std::vector<NodeLayout> nodes_;
  std::vector<uint8_t> head_;
  std::vector<uint8_t> footer_;  // flatbuffer, length and magic
  uint32_t dictionary_blocks_ = 0;
  uint32_t dictionary_count_ = 0;
  uint32_t record_batch_block_ = 0;
};

/// Where every byte of one batch goes in its slot.
class SlotPlan {
 public:
  /// Of the messages in `parts` from `position` on: dictionary batches, then one record batch. Borrows the
  /// bytes behind `parts`, shares `form`. Throws std::runtime_error if a message is missing, or is nothing
  /// that an IPC writer writes.
  void lay_out(std::shared_ptr<const SlotForm> form, const IpcParts& parts, uint64_t position);

  /// Exact length of the slot in bytes.
  uint64_t size() const noexcept { return size_; }
  uint64_t rows() const noexcept { return rows_; }
  /// Writes size() bytes: every byte, padding too.
  void write_to(uint8_t* slot) const noexcept;

 private:
  struct Message {
    uint64_t begin;
    uint64_t body;
    uint64_t body_length;
    uint64_t metadata_begin;  // in metadata_
    uint32_t metadata_length;
  };
  enum class Fill { copy, gathered_views, gathered_data };
  struct Segment {
    uint64_t from;  // position in the parts; of gathered ones the index of the gather
    uint64_t to;    // offset in the slot
    uint64_t length;
    Fill fill;
  };
  struct Body {
    BatchMessage& message;
    uint64_t source;   // position in the parts
    uint64_t to;       // offset in the slot
    uint64_t length;   // so far
    uint32_t buffers;  // so far
  };

  bool add_message(uint64_t& position);
  void place_buffers(Body& body);
  void place_by_node(Body& body);
  void place(Body& body, BatchMessage::Buffer from);
  void add_segment(Body& body, uint64_t from, uint64_t length, Fill fill);
  bool gather_views(Body& body, uint32_t views, uint64_t rows, uint64_t data_buffers);
  const uint8_t* bytes_of(const Body& body, BatchMessage::Buffer buffer, uint64_t length) const noexcept;
  void write_footer(uint8_t* to) const noexcept;

  std::shared_ptr<const SlotForm> form_;
  const IpcParts* parts_ = nullptr;
  std::vector<Message> messages_;
  std::vector<uint8_t> metadata_;  // of all messages, patched
  std::vector<Segment> segments_;
  std::vector<ViewGather> gathers_;
  uint64_t size_ = 0;
  uint64_t rows_ = 0;
  uint64_t end_ = 0;  // of the last message
  bool has_batch_ = false;
};

}  // namespace qads::ipc
