#include "arenas.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "errors.hpp"
#include "qadataswap.h"

namespace nb = nanobind;

namespace qads::python {
namespace {

nb::dict describe(const qads_reader_info& r) {
  nb::dict all;
  all["index"] = r.index;
  all["pid"] = r.pid;
  all["alive"] = r.alive != 0;
  all["waiting"] = r.waiting != 0;
  all["state"] = r.state;
  all["cursor"] = r.cursor;
  all["lag"] = r.lag;
  all["pin"] = r.pin;
  all["batches"] = r.batches;
  all["bytes"] = r.bytes;
  all["bytes_copied"] = r.bytes_copied;
  all["lost"] = r.lost;
  all["evacuations"] = r.evacuations;
  all["private_bytes"] = r.private_bytes;
  return all;
}

}  // namespace

nb::list list_arenas() {
  nb::list names;
  checked(qads_list_arenas(
      [](const char* name, void* context) {
        static_cast<nb::list*>(context)->append(name);
        return 0;
      },
      &names));
  return names;
}

nb::dict inspect_arena(const std::string& name) {
  qads_arena_info a;
  // Readers may join between two looks: more places than any arena has.
  std::vector<qads_reader_info> readers(512);
  checked(qads_inspect_arena(checked_name(name), &a, readers.data(), readers.size()));
  nb::dict all;
  all["generation"] = a.generation;
  all["created_ns"] = a.created_ns;
  all["total_bytes"] = a.total_bytes;
  all["capacity"] = a.capacity;
  all["slots"] = a.slots;
  all["max_readers"] = a.max_readers;
  all["on_full"] = a.on_full;
  all["mode"] = a.mode;
  all["one_schema"] = a.one_schema != 0;
  all["lease_threshold"] = a.lease_threshold;
  all["state"] = a.state;
  all["abort_reason"] = nb::steal(
      PyUnicode_DecodeUTF8(a.abort_reason, static_cast<Py_ssize_t>(std::strlen(a.abort_reason)), "replace"));
  all["writer_alive"] = a.writer_alive != 0;
  all["writer_pid"] = a.writer_pid;
  all["published"] = a.published;
  all["oldest"] = a.oldest;
  all["batches"] = a.batches;
  all["bytes"] = a.bytes;
  all["dropped_newest"] = a.dropped_newest;
  all["dropped_oldest"] = a.dropped_oldest;
  all["reaped_readers"] = a.reaped_readers;
  all["evictions"] = a.evictions;
  nb::list entries;
  for (std::size_t i = 0; i < std::min<std::size_t>(a.readers, readers.size()); ++i) {
    entries.append(describe(readers[i]));
  }
  all["readers"] = entries;
  return all;
}

bool unlink_arena(const std::string& name) {
  int removed = 0;
  checked(qads_unlink_arena(checked_name(name), &removed));
  return removed != 0;
}

}  // namespace qads::python
