#include "core/lease/evacuator.hpp"
#include "handles.hpp"

#include <cinttypes>
#include <cstring>

using namespace qads;
using namespace qads::capi;

namespace {

/// Verifies the peeked batch once, however often it is looked at. A batch that fails is skipped.
void verify(qads_reader& reader, BatchView& batch) {
  if (reader.verified == batch.sequence) return;
  reader.described = false;
  const bool values = reader.ring->verifies_values();
  if (values) reader.ring->copy_small(batch);
  VerifyResult result = reader.verifier.verify(batch.data, batch.length, reader.layout);
  if (result.ok() && values) result = reader.verifier.verify_values(batch.data, reader.layout);
  if (!result.ok()) {
    reader.ring->advance();
    fail(Errc::corrupt,
         "arena \"%s\": batch %" PRIu64 " is refused: %s (byte %" PRIu64
         " of its slot); the batch is skipped",
         reader.ring->name().c_str(), batch.sequence, result.reason, result.offset);
  }
  reader.verified = batch.sequence;
  reader.schema_id = result.schema_id;
  reader.described = true;
}

Verify verify_of(const char* name, std::uint32_t verify) {
  if (verify > QADS_VERIFY_VALUES) {
    fail(Errc::invalid_argument, "arena \"%s\": verify is %" PRIu32 "; it must be a qads_verify", name,
         verify);
  }
  return static_cast<Verify>(verify);
}

}  // namespace

void qads_reader_options_init(qads_reader_options* options) {
  if (options != nullptr) *options = {sizeof *options, QADS_FROM_EARLIEST, 0, 0, QADS_VERIFY_AUTO, 0};
}

int qads_reader_attach(const char* name, const qads_reader_options* given, qads_reader** reader) {
  if (any_null(name, reader)) return null_argument();
  *reader = nullptr;
  return guarded([&] {
    qads_reader_options all;
    qads_reader_options_init(&all);
    if (given != nullptr) {
      if (given->size < sizeof(std::size_t) || given->size > sizeof all) {
        fail(Errc::incompatible,
             "qads_reader_options has size %zu, this library knows %zu: call its _init function", given->size,
             sizeof all);
      }
      std::memcpy(&all, given, given->size);
    }
    if (all.from < QADS_FROM_LATEST) {
      fail(Errc::invalid_argument,
           "arena \"%s\": from is %" PRId64 "; it must be a sequence, -1 (earliest) or -2 (latest)", name,
           all.from);
    }
    ReaderOptions options;
    options.from = all.from;
    options.spin_micros = all.spin_micros;
    options.verify = verify_of(name, all.verify);
    auto made = std::make_unique<qads_reader>();
    made->ring = RingReader::attach(name, options);
    made->unverified = all.unverified != 0;
    *reader = made.release();
    return static_cast<int>(QADS_OK);
  });
}

int qads_reader_verifies(const qads_reader* reader) {
  if (reader == nullptr || reader->unverified) return QADS_VERIFY_AUTO;
  return reader->ring->verifies_values() ? QADS_VERIFY_VALUES : QADS_VERIFY_METADATA;
}

int qads_reader_peek(qads_reader* reader, std::int64_t timeout_ms, qads_batch* batch) {
  if (any_null(reader, batch)) return null_argument();
  return guarded([&] {
    BatchView view;
    const PeekStatus status =
        timeout_ms == 0 ? reader->ring->peek(view) : reader->ring->wait_peek(view, deadline_of(timeout_ms));
    if (status == PeekStatus::ready && !reader->unverified) verify(*reader, view);
    const bool described = status == PeekStatus::ready && !reader->unverified;
    *batch = {view.data,
              view.length,
              view.sequence,
              view.rows,
              view.fingerprint,
              view.commit_ns,
              view.lost_first,
              view.lost_count,
              described ? reader->layout.data() : nullptr,
              described ? reader->layout.size() : 0,
              described ? reader->schema_id : 0,
              status == PeekStatus::ready && reader->ring->peeked_is_copy()};
    switch (status) {
      case PeekStatus::ready:
        return static_cast<int>(QADS_OK);
      case PeekStatus::ended:
        return static_cast<int>(QADS_ENDED);
      case PeekStatus::empty:
        break;
    }
    return static_cast<int>(QADS_EMPTY);
  });
}

int qads_reader_messages(qads_reader* reader, const std::uint8_t** messages, std::uint64_t* length) {
  if (any_null(reader, messages, length)) return null_argument();
  return guarded([&] {
    if (!reader->described) {
      fail(Errc::invalid_argument, "arena \"%s\": there is no verified batch whose messages could be had",
           reader->ring->name().c_str());
    }
    const MessageBytes bytes = reader->verifier.messages();
    *messages = bytes.data;
    *length = bytes.length;
    return static_cast<int>(QADS_OK);
  });
}

int qads_reader_advance(qads_reader* reader) {
  if (any_null(reader)) return null_argument();
  return guarded([&] {
    reader->ring->advance();
    return static_cast<int>(QADS_OK);
  });
}

int qads_reader_take(qads_reader* reader, qads_lease** lease, const std::uint8_t** data) {
  if (any_null(reader, lease, data)) return null_argument();
  return guarded([&] {
    Lease* taken = reader->ring->take();
    // It was verified in the ring, and copied after: it may have got other bytes meanwhile.
    if (reader->described && taken->copy() != nullptr) {
      put_messages(reader->verifier.messages(), reader->layout, taken->copy());
    }
    *data = taken->data;
    *lease = reinterpret_cast<qads_lease*>(taken);
    return static_cast<int>(QADS_OK);
  });
}

int qads_prepare_fork(std::int64_t timeout_ms) {
  return move_leases_out(deadline_of(timeout_ms)) ? QADS_OK : QADS_EMPTY;
}

void qads_lease_release(qads_lease* lease) {
  if (lease != nullptr) LeaseTable::release(reinterpret_cast<Lease*>(lease));
}

int qads_reader_arm(qads_reader* reader, const qads_bell* bell, int* wait) {
  if (any_null(reader, bell, wait)) return null_argument();
  return guarded([&] {
    *wait = reader->ring->arm(WakeBy::bell, bell->bell.id()) ? 1 : 0;
    return static_cast<int>(QADS_OK);
  });
}

void qads_reader_disarm(qads_reader* reader) {
  if (reader != nullptr && !reader->ring->closed()) reader->ring->disarm();
}

int qads_reader_lag(qads_reader* reader, std::uint64_t* lag) {
  if (any_null(reader, lag)) return null_argument();
  return guarded([&] {
    *lag = reader->ring->lag();
    return static_cast<int>(QADS_OK);
  });
}

void qads_reader_close(qads_reader* reader) {
  if (reader != nullptr) reader->ring->close();
}

void qads_reader_free(qads_reader* reader) { delete reader; }

int qads_reader_identity(qads_reader* reader, qads_identity* identity) {
  if (any_null(reader, identity)) return null_argument();
  *identity = identity_of(reader->ring->header());
  return QADS_OK;
}

int qads_reader_get_stats(qads_reader* reader, qads_reader_stats* stats) {
  if (any_null(reader, stats)) return null_argument();
  return guarded([&] {
    const ReaderStats s = reader->ring->stats();
    const SharedMemoryHeader& header = reader->ring->header();
    *stats = {s.batches,        s.bytes,         s.bytes_copied, s.lost,   s.waits,
              s.evacuations,    s.private_bytes, s.leases,       s.cursor, header.ring_capacity,
              header.generation};
    return static_cast<int>(QADS_OK);
  });
}
