#include "handles.hpp"

#include <algorithm>
#include <cstring>

using namespace qads;
using namespace qads::capi;

void qads_writer_options_init(qads_writer_options* options) {
  if (options == nullptr) return;
  const ArenaOptions defaults;
  *options = {sizeof *options,
              defaults.capacity,
              defaults.slots,
              defaults.max_readers,
              static_cast<std::uint32_t>(defaults.on_full),
              defaults.mode,
              0,
              0};
}

int qads_writer_create(const char* name, const qads_writer_options* given, qads_writer** writer) {
  if (any_null(name, writer)) return null_argument();
  *writer = nullptr;
  return guarded([&] {
    qads_writer_options all;
    qads_writer_options_init(&all);
    if (given != nullptr) {
      if (given->size < sizeof(std::size_t) || given->size > sizeof all) {
        fail(Errc::incompatible,
             "qads_writer_options has size %zu, this library knows %zu: call its _init function", given->size,
             sizeof all);
      }
      std::memcpy(&all, given, given->size);
    }
    WriterOptions options;
    options.arena.capacity = all.capacity;
    options.arena.slots = all.slots;
    options.arena.max_readers = all.max_readers;
    options.arena.on_full = static_cast<OnFull>(all.on_full);
    options.arena.mode = all.mode;
    options.arena.one_schema = all.one_schema != 0;
    options.spin_micros = all.spin_micros;
    auto made = std::make_unique<qads_writer>();
    made->ring = RingWriter::create(name, options);
    *writer = made.release();
    return static_cast<int>(QADS_OK);
  });
}

int qads_writer_claim(qads_writer* writer, std::uint64_t bytes, std::int64_t timeout_ms, qads_claim* claim) {
  if (any_null(writer, claim)) return null_argument();
  return guarded([&] {
    const Claim made = timeout_ms == 0 ? writer->ring->try_claim(bytes)
                                       : writer->ring->claim(bytes, deadline_of(timeout_ms));
    *claim = {made.data, made.length};
    writer->claimed = made.data;
    writer->claimed_length = made.length;
    switch (made.status) {
      case ClaimStatus::claimed:
        return static_cast<int>(QADS_OK);
      case ClaimStatus::dropped:
        return static_cast<int>(QADS_DROPPED);
      case ClaimStatus::would_block:
        break;
    }
    return static_cast<int>(QADS_WOULD_BLOCK);
  });
}

int qads_writer_commit(qads_writer* writer, std::uint64_t bytes, std::uint64_t rows,
                       std::uint64_t* sequence) {
  if (any_null(writer)) return null_argument();
  return guarded([&] {
    // More bytes than were claimed are refused below, and not looked at here.
    const std::uint64_t readable = std::min(bytes, writer->claimed_length);
    const std::uint64_t fingerprint =
        writer->claimed == nullptr ? 0 : writer->fingerprints.of(writer->claimed, readable);
    writer->claimed = nullptr;
    try {
      const std::uint64_t committed = writer->ring->commit(bytes, rows, fingerprint);
      if (sequence != nullptr) *sequence = committed;
    } catch (...) {
      writer->ring->abort_claim();
      throw;
    }
    return static_cast<int>(QADS_OK);
  });
}

void qads_writer_abort_claim(qads_writer* writer) {
  if (writer == nullptr) return;
  writer->claimed = nullptr;
  writer->ring->abort_claim();
}

int qads_writer_end(qads_writer* writer) {
  if (any_null(writer)) return null_argument();
  return guarded([&] {
    writer->ring->end();
    return static_cast<int>(QADS_OK);
  });
}

int qads_writer_abort(qads_writer* writer, const char* reason) {
  if (any_null(writer, reason)) return null_argument();
  return guarded([&] {
    writer->ring->abort(reason);
    return static_cast<int>(QADS_OK);
  });
}

int qads_writer_wait_drained(qads_writer* writer, int need_reader, std::int64_t timeout_ms) {
  if (any_null(writer)) return null_argument();
  return guarded([&] {
    return static_cast<int>(
        writer->ring->wait_drained(need_reader != 0, deadline_of(timeout_ms)) ? QADS_OK : QADS_WOULD_BLOCK);
  });
}

int qads_writer_wait_reader(qads_writer* writer, std::int64_t timeout_ms) {
  if (any_null(writer)) return null_argument();
  return guarded([&] {
    return static_cast<int>(writer->ring->wait_reader(deadline_of(timeout_ms)) ? QADS_OK : QADS_WOULD_BLOCK);
  });
}

void qads_writer_close(qads_writer* writer) {
  if (writer != nullptr) writer->ring->close();
}

void qads_writer_accept_loss(qads_writer* writer) {
  if (writer != nullptr) writer->ring->accept_loss();
}

void qads_writer_abandon(qads_writer* writer) {
  if (writer != nullptr) writer->ring->abandon();
}

void qads_writer_free(qads_writer* writer) { delete writer; }

int qads_writer_arm(qads_writer* writer, const qads_bell* bell, int* wait) {
  if (any_null(writer, bell, wait)) return null_argument();
  return guarded([&] {
    *wait = writer->ring->arm_space(WakeBy::bell, bell->bell.id()) ? 1 : 0;
    return static_cast<int>(QADS_OK);
  });
}

int qads_writer_arm_drained(qads_writer* writer, const qads_bell* bell, int need_reader, int* wait) {
  if (any_null(writer, bell, wait)) return null_argument();
  return guarded([&] {
    *wait = writer->ring->arm_drained(WakeBy::bell, bell->bell.id(), need_reader != 0) ? 1 : 0;
    return static_cast<int>(QADS_OK);
  });
}

int qads_writer_arm_reader(qads_writer* writer, const qads_bell* bell, int* wait) {
  if (any_null(writer, bell, wait)) return null_argument();
  return guarded([&] {
    *wait = writer->ring->arm_reader(WakeBy::bell, bell->bell.id()) ? 1 : 0;
    return static_cast<int>(QADS_OK);
  });
}

void qads_writer_disarm(qads_writer* writer) {
  if (writer != nullptr && !writer->ring->closed()) writer->ring->disarm();
}

int qads_writer_identity(qads_writer* writer, qads_identity* identity) {
  if (any_null(writer, identity)) return null_argument();
  *identity = identity_of(writer->ring->header());
  return QADS_OK;
}

int qads_writer_get_stats(qads_writer* writer, qads_writer_stats* stats) {
  if (any_null(writer, stats)) return null_argument();
  return guarded([&] {
    const WriterStats s = writer->ring->stats();
    const SharedMemoryHeader& header = writer->ring->header();
    *stats = {s.batches, s.bytes,   s.dropped_newest,     s.dropped_oldest, s.waits,
              s.wait_ns, s.reaped,  s.evictions,          s.readers,        s.joins,
              s.unread,  s.in_ring, header.ring_capacity, header.generation};
    return static_cast<int>(QADS_OK);
  });
}
