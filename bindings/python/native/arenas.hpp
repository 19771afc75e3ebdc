#pragma once

#include <nanobind/nanobind.h>

#include <string>

namespace qads::python {

/// Sorted.
nanobind::list list_arenas();
/// The fields of qads_arena_info, and `reader_entries`: a list of those of qads_reader_info.
nanobind::dict inspect_arena(const std::string& name);
/// False if there was none.
bool unlink_arena(const std::string& name);

}  // namespace qads::python
