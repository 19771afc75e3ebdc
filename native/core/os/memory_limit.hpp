// How much memory the control groups of this process still allow it: of a container, a service, a batch job.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace qads {

struct MemoryLimit {
  std::uint64_t bytes;      // what the group may have
  std::uint64_t available;  // what it could still get without anything being killed
  std::string file;         // which says so
};

/// The limit that leaves least, of the group and all above it, of either version of control groups; nothing
/// if there is none or the system does not say. `root` is put before every path.
std::optional<MemoryLimit> tightest_memory_limit(const std::string& root = "");

/// What the kernel could still give without swapping or killing; nothing if it does not say.
std::optional<std::uint64_t> available_memory(const std::string& root = "");

}  // namespace qads
