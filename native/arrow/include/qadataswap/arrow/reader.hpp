#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "qadataswap/arrow/options.hpp"

namespace arrow {
class RecordBatch;
class Table;
}  // namespace arrow

namespace qads::arrow {

/// Reads the batches of one arena, in order. Every reader gets every batch. One thread at a time; batches
/// belong to any. Everything throws Error.
///
/// The buffers of a batch point into shared memory, read-only, and hold it until the last of them is gone, in
/// any thread and also after the reader; the writer is not held back by that. A reader that is attached and
/// does not read does hold it back.
///
/// With ReaderOptions::reconnect it reads one arena of the name after the other: id() changes then, and
/// sequences begin at 0 again.
class Reader {
 public:
  /// Attaches. Codes: NOT_FOUND (after `options.wait`), TOO_MANY_READERS, NOT_AN_ARENA, INCOMPATIBLE,
  /// CORRUPT, NAME_INVALID, INVALID_ARGUMENT, PERMISSION.
  explicit Reader(const std::string& name, const ReaderOptions& options = {});
  /// Closes.
  ~Reader();
  /// Takes the other's place; to read from that one is CLOSED.
  Reader(Reader&&) noexcept;
  /// Closes, and takes the other's place.
  Reader& operator=(Reader&&) noexcept;

  /// Of the arena.
  const std::string& name() const noexcept;

  /// The next batch, or null when the writer ended the arena and all was read. Codes: TIMED_OUT (nothing is
  /// taken), WRITER_DIED and WRITER_ABORTED after everything that was committed before, CORRUPT (the next
  /// read goes on behind it), CLOSED.
  std::shared_ptr<::arrow::RecordBatch> read(Timeout timeout = kForever);
  /// Like read(), without waiting. Nothing if no batch is ready; null at the end.
  std::optional<std::shared_ptr<::arrow::RecordBatch>> try_read();
  /// Everything to the end, as one table of as many chunks as there were batches. Null if there was none.
  /// Code: SCHEMA_MISMATCH if their schemas differ.
  std::shared_ptr<::arrow::Table> read_all();

  /// Of the arena that is read, or was last.
  ArenaId id() const;
  /// Of the batch that was read last.
  const std::optional<BatchInfo>& info() const noexcept;
  /// Metadata or values, never automatic.
  Verify verifies() const;
  /// Batches that are published and not read yet.
  std::uint64_t lag() const;
  /// Detaches; batches stay valid. Idempotent.
  void close() noexcept;
  /// True after close().
  bool closed() const noexcept;
  /// After close() the last numbers.
  ReaderStats stats() const;

  /// `for (const auto& batch : reader)`: every batch until the end.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;         ///< goes over the batches once
    using value_type = std::shared_ptr<::arrow::RecordBatch>;  ///< a batch
    using difference_type = std::ptrdiff_t;                    ///< of no use here
    using pointer = const value_type*;                         ///< to the batch at hand
    using reference = const value_type&;                       ///< of the batch at hand

    /// The end.
    Iterator() = default;
    /// Reads the first batch.
    explicit Iterator(Reader& reader) : reader_(&reader) { ++*this; }
    /// The batch at hand.
    reference operator*() const noexcept { return batch_; }
    /// The batch at hand.
    pointer operator->() const noexcept { return &batch_; }
    /// Waits for the next batch and reads it; becomes the end when there is none.
    Iterator& operator++() {
      // The batch at hand is given back before the next is waited for.
      batch_.reset();
      batch_ = reader_->read();
      if (batch_ == nullptr) reader_ = nullptr;
      return *this;
    }
    /// Like `++i`.
    void operator++(int) { ++*this; }
    /// Both at the end, or over the same reader.
    bool operator==(const Iterator& other) const noexcept { return reader_ == other.reader_; }
    /// The opposite of `==`.
    bool operator!=(const Iterator& other) const noexcept { return reader_ != other.reader_; }

   private:
    Reader* reader_ = nullptr;
    value_type batch_;
  };
  /// Reads the first batch.
  Iterator begin() { return Iterator(*this); }
  /// The end of every reader.
  Iterator end() { return {}; }

 private:
  struct Impl;
  Impl& impl() const;
  std::unique_ptr<Impl> impl_;  ///< null after a move
};

}  // namespace qads::arrow
