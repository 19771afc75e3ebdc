#include "handles.hpp"

#include <algorithm>
#include <cstring>

#include "core/layout/name.hpp"
#include "core/segment/info.hpp"
#include "core/segment/segment.hpp"

using namespace qads;
using namespace qads::capi;

const char* qads_version(void) { return QADS_VERSION; }

std::uint32_t qads_abi_version(void) { return QADS_ABI_VERSION; }

const char* qads_error_name(int code) { return error_code_name(static_cast<Errc>(code)); }

const char* qads_last_error(void) { return last_error().c_str(); }

int qads_bell_create(qads_bell** bell) {
  if (any_null(bell)) return null_argument();
  *bell = nullptr;
  return guarded([&] {
    *bell = new qads_bell;
    return static_cast<int>(QADS_OK);
  });
}

int qads_bell_fd(const qads_bell* bell) { return bell == nullptr ? -1 : bell->bell.fd(); }

void qads_bell_drain(const qads_bell* bell) {
  if (bell != nullptr) bell->bell.drain();
}

void qads_bell_free(qads_bell* bell) { delete bell; }

int qads_check_name(const char* name, std::size_t length) {
  if (any_null(name)) return null_argument();
  return guarded([&] {
    validate_name(std::string(name, length));
    return static_cast<int>(QADS_OK);
  });
}

int qads_inspect_arena(const char* name, qads_arena_info* info, qads_reader_info* readers,
                       std::size_t capacity) {
  if (any_null(name, info)) return null_argument();
  return guarded([&] {
    const ArenaInfo arena = inspect_arena(name);
    const SharedMemoryHeader& header = arena.header;
    *info = {};
    info->generation = header.generation;
    info->created_ns = header.created_ns;
    info->total_bytes = header.total_size;
    info->capacity = header.ring_capacity;
    info->slots = header.slot_count;
    info->max_readers = header.max_readers;
    info->on_full = header.on_full;
    info->mode = header.mode;
    info->one_schema = (header.flags & kFlagOneSchema) != 0 ? 1 : 0;
    info->lease_threshold = header.lease_threshold;
    info->state = static_cast<std::uint32_t>(arena.state);
    info->writer_alive = arena.writer_alive ? 1 : 0;
    info->writer_pid = header.writer_pid;
    info->readers = static_cast<std::uint32_t>(arena.readers.size());
    info->published = arena.published;
    info->oldest = arena.oldest;
    info->batches = arena.batches;
    info->bytes = arena.bytes;
    info->dropped_newest = arena.dropped_newest;
    info->dropped_oldest = arena.dropped_oldest;
    info->reaped_readers = arena.reaped;
    info->evictions = arena.evictions;
    std::memcpy(info->abort_reason, arena.abort_reason.data(),
                std::min(arena.abort_reason.size(), sizeof info->abort_reason - 1));
    for (std::size_t i = 0; readers != nullptr && i < std::min(capacity, arena.readers.size()); ++i) {
      const ReaderInfo& r = arena.readers[i];
      readers[i] = {r.index,
                    r.pid,
                    r.alive ? 1u : 0u,
                    r.waiting ? 1u : 0u,
                    static_cast<std::uint32_t>(r.state),
                    0,
                    r.cursor,
                    r.lag,
                    r.pin,
                    r.batches,
                    r.bytes,
                    r.bytes_copied,
                    r.lost,
                    r.evacuations,
                    r.private_bytes};
    }
    return static_cast<int>(QADS_OK);
  });
}

int qads_list_arenas(int (*visit)(const char* name, void* context), void* context) {
  if (any_null(visit)) return null_argument();
  return guarded([&] {
    for (const std::string& name : list_arena_names()) {
      if (visit(name.c_str(), context) != 0) break;
    }
    return static_cast<int>(QADS_OK);
  });
}

int qads_unlink_arena(const char* name, int* removed) {
  if (any_null(name)) return null_argument();
  return guarded([&] {
    const bool was_there = unlink_arena(name);
    if (removed != nullptr) *removed = was_there ? 1 : 0;
    return static_cast<int>(QADS_OK);
  });
}
