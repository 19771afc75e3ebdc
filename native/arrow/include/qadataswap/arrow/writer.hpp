#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "qadataswap/arrow/options.hpp"

namespace arrow {
class KeyValueMetadata;
class RecordBatch;
class RecordBatchReader;
class Table;
}  // namespace arrow

namespace qads::arrow {

/// Metadata of one batch alone; may be null.
using CustomMetadata = std::shared_ptr<const ::arrow::KeyValueMetadata>;

/// Writes record batches into an arena of its own: one writer an arena, any number of readers. One thread at
/// a time. Everything throws Error.
///
/// The destructor of a writer that was not ended (`end`, `finish`, `close`) aborts, because of an exception
/// or not: readers do not take what is there for all there is.
class Writer {
 public:
  /// Creates the arena; takes the name over from a writer that closed or died. Codes: NAME_INVALID,
  /// INVALID_ARGUMENT, WRITER_EXISTS, NOT_AN_ARENA, NO_SPACE, PERMISSION.
  explicit Writer(const std::string& name, const WriterOptions& options = {});
  /// Closes; aborts an arena that is open.
  ~Writer();
  /// Takes the other's place; to write with that one is CLOSED.
  Writer(Writer&&) noexcept;
  /// Gives up what it has as the destructor does, and takes the other's place.
  Writer& operator=(Writer&&) noexcept;

  /// Of the arena.
  const std::string& name() const noexcept;
  /// Of the arena.
  ArenaId id() const;

  /// Copies the batch into the ring, split by rows if it is larger than that; its memory is borrowed for the
  /// call. Returns the sequence of the last slot, or nothing if the policy dropped one. Codes: TIMED_OUT
  /// (what is in the ring already stays; the message says how much), FULL, BATCH_TOO_LARGE (one row is larger
  /// than the ring), SCHEMA_MISMATCH, CLOSED, INVALID_ARGUMENT (Arrow cannot write it).
  std::optional<std::uint64_t> write(const ::arrow::RecordBatch& batch, Timeout timeout = kForever);
  /// With metadata of this batch alone, which every part of it carries; may be null.
  std::optional<std::uint64_t> write(const ::arrow::RecordBatch& batch, const CustomMetadata& custom_metadata,
                                     Timeout timeout = kForever);
  /// Batch by batch; a table without any still shows its schema.
  std::optional<std::uint64_t> write(const ::arrow::Table& table, Timeout timeout = kForever);
  /// With the metadata of each batch, if the stream gives it.
  std::optional<std::uint64_t> write(::arrow::RecordBatchReader& stream, Timeout timeout = kForever);
  /// Writes if that needs no waiting; false if the ring is full. Codes: FULL instead, under OnFull::error;
  /// INVALID_ARGUMENT if it would take several slots; SCHEMA_MISMATCH, CLOSED.
  bool try_write(const ::arrow::RecordBatch& batch, const CustomMetadata& custom_metadata = nullptr);

  /// Waits until every reader has read everything; with `need_reader`, until one came too. Code: TIMED_OUT.
  void drained(bool need_reader = false, Timeout timeout = kForever);
  /// Marks the clean end: readers get what is in the ring, then the end. The arena stays until close().
  /// Idempotent.
  void end();
  /// end() and close(), and before that, under OnFull::block, the wait for a first reader if none ever came
  /// and something is unread, which would vanish with the writer. It does not wait for readers to read
  /// everything: those that are attached still get what is in the ring. Under the other policies it waits for
  /// nobody. Code: TIMED_OUT: no reader came; the arena is ended, and not closed.
  void finish(bool wait_for_reader = true, Timeout timeout = kForever);
  /// Readers get what is in the ring, then QADS_ERR_WRITER_ABORTED with `reason`. Detaches.
  void abort(const std::string& reason);
  /// Detaches; ends the arena if it is open. Without a reader the arena is gone, which a warning on standard
  /// error tells under OnFull::block if anything was unread. Idempotent.
  void close() noexcept;
  /// True after close(), finish() or abort().
  bool closed() const noexcept;

  /// After close() the last numbers.
  WriterStats stats() const;

 private:
  struct Impl;
  Impl& impl() const;
  std::unique_ptr<Impl> impl_;  ///< null after a move
};

}  // namespace qads::arrow
