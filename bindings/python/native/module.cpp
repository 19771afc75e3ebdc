// qadataswap._native: the C ABI for Python. Private; the package around it is the API.
#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include "arenas.hpp"
#include "bell.hpp"
#include "fork_count.hpp"
#include "qadataswap.h"
#include "reader.hpp"
#include "slot.hpp"
#include "slot_array.hpp"
#include "slot_encoder.hpp"
#include "writer.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace qads::python;

namespace {

// Copying all that is held takes a fraction of it.
constexpr std::int64_t kForkMs = 2000;

void bind_writer(nb::module_& m) {
  nb::class_<PartSink>(m, "PartSink")
      .def(nb::init<>())
      .def("write", &PartSink::write, "data"_a)
      .def("clear", &PartSink::clear)
      // What pyarrow asks of a file.
      .def("flush", [](PartSink&) {})
      .def("close", [](PartSink&) {})
      .def_prop_ro("closed", [](PartSink&) { return false; });

  nb::class_<SlotEncoder>(m, "SlotEncoder")
      .def(nb::init<std::vector<std::pair<std::uint32_t, bool>>>(), "nodes"_a)
      .def("plan_file", &SlotEncoder::plan_file, "sink"_a)
      .def("plan_batch", &SlotEncoder::plan_batch, "sink"_a)
      .def_prop_ro("size", [](const SlotEncoder& encoder) { return encoder.plan().size(); });

  nb::class_<Writer>(m, "Writer")
      .def(nb::init<const std::string&, std::uint64_t, std::uint32_t, std::uint32_t, std::uint32_t,
                    std::uint32_t, bool, std::uint32_t>(),
           "name"_a, "capacity"_a, "slots"_a, "max_readers"_a, "on_full"_a, "mode"_a, "one_schema"_a,
           "spin_micros"_a)
      .def("place", &Writer::place, "encoder"_a, "seconds"_a)
      .def("arm", &Writer::arm, "bell"_a)
      .def("arm_drained", &Writer::arm_drained, "bell"_a, "need_reader"_a)
      .def("disarm", &Writer::disarm)
      .def("wait_drained", &Writer::wait_drained, "need_reader"_a, "seconds"_a)
      .def("end", &Writer::end)
      .def("abort", &Writer::abort, "reason"_a)
      .def("accept_loss", &Writer::accept_loss)
      .def("close", &Writer::close)
      .def("stats", &Writer::stats);
}

void bind_reader(nb::module_& m) {
  nb::class_<ArrayBox>(m, "ArrayBox").def_prop_ro("address", [](ArrayBox& box) {
    return reinterpret_cast<std::uintptr_t>(box.get());
  });

  nb::class_<Slot>(m, "Slot")
      .def_prop_ro("address", [](const Slot& slot) { return reinterpret_cast<std::uintptr_t>(slot.data); })
      .def_ro("length", &Slot::length)
      .def_ro("sequence", &Slot::sequence)
      .def_ro("schema_begin", &Slot::schema_begin)
      .def_ro("batch_begin", &Slot::batch_begin)
      .def_ro("dictionaries", &Slot::dictionaries)
      .def_ro("schema_id", &Slot::schema_id)
      .def_ro("has_metadata", &Slot::has_metadata)
      .def_ro("in_place", &Slot::in_place)
      .def_ro("unseen", &Slot::unseen)
      .def_prop_ro("messages_address",
                   [](const Slot& slot) { return reinterpret_cast<std::uintptr_t>(slot.messages.data()); })
      .def_prop_ro("messages_length", [](const Slot& slot) { return slot.messages.size(); })
      .def_ro("places", &Slot::places)
      .def("array", &array_of, "columns"_a, "form"_a);

  nb::class_<Reader>(m, "Reader")
      .def(nb::init<const std::string&, std::int64_t, std::uint32_t, std::uint32_t>(), "name"_a, "from_"_a,
           "spin_micros"_a, "verify"_a = 0)
      .def("next", &Reader::next, "seconds"_a)
      .def("last", &Reader::last)
      .def("take_loss", &Reader::take_loss)
      .def("arm", &Reader::arm, "bell"_a)
      .def("disarm", &Reader::disarm)
      .def("verifies", &Reader::verifies)
      .def("lag", &Reader::lag)
      .def("close", &Reader::close)
      .def("stats", &Reader::stats);
}

}  // namespace

NB_MODULE(_native, m) {
  // Batches may outlive the interpreter in Polars' and Arrow's hands.
  nb::set_leak_warnings(false);
  count_forks();

  nb::class_<Bell>(m, "Bell")
      .def(nb::init<>())
      .def_prop_ro("fd", &Bell::fd)
      .def("drain", &Bell::drain)
      .def("close", &Bell::close);
  bind_writer(m);
  bind_reader(m);
  m.def("prepare_fork", [] { return qads_prepare_fork(kForkMs) == QADS_OK; });
  m.def("list_arenas", &list_arenas);
  m.def("inspect_arena", &inspect_arena, "name"_a);
  m.def("unlink_arena", &unlink_arena, "name"_a);
  m.attr("version") = qads_version();
  m.attr("WOULD_BLOCK") = static_cast<int>(QADS_WOULD_BLOCK);
  m.attr("DROPPED") = static_cast<int>(QADS_DROPPED);
}
