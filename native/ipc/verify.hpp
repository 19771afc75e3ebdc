#pragma once

// The verifier of a slot's Arrow metadata. A slot holds one complete Arrow IPC file (see "Serialization and
// Interprocess Communication" of the Arrow columnar format):
//
//   "ARROW1\0\0" | schema message | dictionary batch messages | one record batch message | end of stream
//   | footer flatbuffer | i32 footer length | "ARROW1"
//
// The writer is another process, so the bytes may be anything. After verify() has said ok, an Arrow library
// that opens the slot as a file, or its messages as a stream, stays inside the slot and does bounded work on
// opening it.
//
// Accepted: what apache-arrow (JavaScript), Arrow C++/pyarrow, arrow-rs and Polars write for one batch in
// metadata version V4 or V5, little-endian, with body compression or without, with zero padding of up to 64
// bytes before the schema message. Refused, although legal elsewhere: messages without the 0xFFFFFFFF marker
// (before Arrow 0.15), a missing end-of-stream marker, more than 2^31 - 1 rows, metadata of more than 64 MiB.
//
// Verified: every table, vtable, vector, string and number of the flatbuffers; the types; the counts of nodes
// and buffers against the schema; lengths of children against their parents; null counts; the place,
// alignment and size of every buffer; the first and last offset of variable-size layouts and the last run
// end; the length prefix of compressed buffers; dictionary ids; the footer against the messages. Not verified
// here, because it takes a pass over the rows: offsets in between, dictionary indices, view references, type
// ids, UTF-8. That is verify_values(). What is inside compressed buffers stays the decompressor's affair.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "memo.hpp"
#include "messages.hpp"

namespace qads {

namespace ipc {
struct Failure;
struct Message;
struct Shape;
}  // namespace ipc

struct VerifyResult {
  /// A static sentence that says what is wrong, or nullptr.
  const char* reason = nullptr;
  /// Byte offset in the slot at which it is wrong.
  uint64_t offset = 0;
  /// When ok: hash64 of the schema message's metadata.
  uint64_t fingerprint = 0;
  /// When ok: a number that this verifier gave to exactly these schema bytes; never given to others. Unlike
  /// the fingerprint nobody can forge it, so that a cache of decoded schemas may rely on it. Starts at 1.
  uint32_t schema_id = 0;
  /// When ok: a number that this verifier gave to exactly these layout words of this schema_id; never given
  /// to others. Nobody can forge it either, so that a cache of decoded layouts may rely on it. Starts at 1; 0
  /// when the slot was not remembered. Words that were forgotten meanwhile get another number.
  uint32_t layout_id = 0;

  [[nodiscard]] bool ok() const noexcept { return reason == nullptr; }
};

/// One per reader; not thread-safe. Remembers the last schemas, so that a batch of a known schema costs no
/// more than a look at its numbers; and the last slots whose verdict depends on their metadata alone, so that
/// another one with the same metadata costs no more than a comparison.
class SlotVerifier {
 public:
  SlotVerifier();
  ~SlotVerifier();
  SlotVerifier(const SlotVerifier&) = delete;
  SlotVerifier& operator=(const SlotVerifier&) = delete;

  /// Verifies the slot's metadata and replaces the contents of `layout` by its layout words (ipc/layout.hpp);
  /// on failure `layout` is empty. `slot` is borrowed for the call. A peer may change the bytes meanwhile:
  /// every word is checked as it was read, once, and what `layout` says is what was checked. Throws
  /// std::bad_alloc only.
  [[nodiscard]] VerifyResult verify(const uint8_t* slot, size_t length, std::vector<double>& layout);

  /// Verifies every value that another value or a length depends on: offsets, sizes, views, dictionary
  /// indices, type ids, run ends, null counts, and the UTF-8 of strings, where valid. Takes a pass over those
  /// buffers. `slot` and `layout` are those of the last verify(), which was ok. Compressed messages are
  /// passed over: who decompresses them checks what comes out.
  [[nodiscard]] VerifyResult verify_values(const uint8_t* slot,
                                           const std::vector<double>& layout) const noexcept;

  /// The messages of the last verify(), which was ok, as they were verified. Valid until the next one.
  [[nodiscard]] MessageBytes messages() noexcept;

 private:
  bool check(const uint8_t* slot, uint64_t length, std::vector<double>& layout, ipc::Failure& failure);
  bool check_messages(const uint8_t* slot, const ipc::Message& schema, uint64_t limit, ipc::Message& batch,
                      std::vector<double>& layout, ipc::Failure& failure);
  bool check_message(const uint8_t* slot, ipc::Message& message, uint64_t limit, bool& is_record_batch,
                     std::vector<double>& layout, ipc::Failure& failure);
  bool use_schema(const uint8_t* slot, const ipc::Message& message, ipc::Failure& failure);
  void remember(std::unique_ptr<ipc::Shape> shape);
  void remember(ipc::KnownSlot& draft, const ipc::Message& schema, const ipc::Message& batch,
                uint32_t footer_length, const std::vector<double>& layout);
  void identify(VerifyResult& result) const noexcept;

  std::vector<std::unique_ptr<ipc::Shape>> shapes_;
  ipc::Shape* shape_ = nullptr;  // of the slot at hand, one of shapes_
  ipc::SlotMemo memo_;
  const ipc::KnownSlot* known_ = nullptr;  // the slot at hand, if it is remembered
  bool reads_body_ = false;                // whether a byte of a body had a say in the slot at hand
  uint64_t clock_ = 0;
  uint32_t next_schema_id_ = 1;
  ipc::MessageCopies messages_;  // of the slot at hand, unless it is remembered
  std::vector<uint64_t> needed_;
  std::vector<int64_t> dictionary_rows_;
};

/// Finds the schema message of a slot and hashes its metadata: the schema fingerprint of the slot table.
/// Checks no more than it needs to stay inside the slot. Returns false when there is no such message.
[[nodiscard]] bool fingerprint_of_slot(const uint8_t* slot, size_t length, uint64_t& fingerprint) noexcept;

/// Why verify() refuses slots that begin so, up to the end of their schema message, whatever follows; nullptr
/// when it need not. For writers, who may refuse what no reader takes. Throws std::bad_alloc only.
[[nodiscard]] const char* schema_refusal(const uint8_t* slot, size_t length);

/// A copy of the schema message's metadata, found as fingerprint_of_slot() does; empty when there is none.
/// Throws std::bad_alloc only.
[[nodiscard]] std::vector<uint8_t> schema_of_slot(const uint8_t* slot, size_t length);

/// One per writer; not thread-safe. The same fingerprints: a schema that comes again is compared, which takes
/// a third of the time of hashing it.
class SlotFingerprints {
 public:
  /// 0 for a slot without a schema message.
  uint64_t of(const uint8_t* slot, size_t length) noexcept;

 private:
  std::vector<uint8_t> schema_;
  uint64_t fingerprint_ = 0;
};

}  // namespace qads
