// Names of arenas and where they live in shared memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace qads {

inline constexpr const char* kSharedMemoryDirectory = "/dev/shm";
inline constexpr std::size_t kMaxNameLength = 200;

/// Throws name_invalid, with the character and its place, unless `name` is 1 to kMaxNameLength of
/// [A-Za-z0-9._-] and not only dots.
void validate_name(const std::string& name);

/// Path of the segment of a validated name.
std::string arena_path(const std::string& name);

/// Path of the doorbell FIFO with this identity.
std::string bell_path(std::uint64_t bell_id);
std::string new_bell_path(std::uint64_t bell_id);
/// All doorbells, finished or not.
std::vector<std::string> list_bell_paths();

/// Valid names that have a file, sorted; what is in the files is for others to say.
std::vector<std::string> list_segment_names();

/// 64 random bits, never zero.
std::uint64_t random_id();

}  // namespace qads
