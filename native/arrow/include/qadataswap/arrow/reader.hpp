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
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  const std::string& name() const noexcept;

  /// The next batch, or null when the writer ended the arena and all was read. Codes: TIMED_OUT (nothing is
  /// taken), WRITER_DIED and WRITER_ABORTED after everything that was committed before, CORRUPT (the next
  /// read goes on behind it), CLOSED.
  std::shared_ptr<::arrow::RecordBatch> read(Timeout timeout = kForever);
  /// Nothing if no batch is ready; null at the end.
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
  bool closed() const noexcept;
  /// After close() the last numbers.
  ReaderStats stats() const;

  /// `for (const auto& batch : reader)`: every batch until the end.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::shared_ptr<::arrow::RecordBatch>;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    Iterator() = default;
    explicit Iterator(Reader& reader) : reader_(&reader) { ++*this; }
    reference operator*() const noexcept { return batch_; }
    pointer operator->() const noexcept { return &batch_; }
    Iterator& operator++() {
      // The batch at hand is given back before the next is waited for.
      batch_.reset();
      batch_ = reader_->read();
      if (batch_ == nullptr) reader_ = nullptr;
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(const Iterator& other) const noexcept { return reader_ == other.reader_; }
    bool operator!=(const Iterator& other) const noexcept { return reader_ != other.reader_; }

   private:
    Reader* reader_ = nullptr;
    value_type batch_;
  };
  Iterator begin() { return Iterator(*this); }
  Iterator end() { return {}; }

 private:
  struct Impl;
  Impl& impl() const;
  std::unique_ptr<Impl> impl_;  ///< null after a move
};

}  // namespace qads::arrow
