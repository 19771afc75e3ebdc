// What an arena looks like from outside: for people and tools, without attaching.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/layout/arena.hpp"

namespace qads {

struct ReaderInfo {
  std::uint32_t index, pid;
  bool alive, waiting;
  ReaderState state;
  std::uint64_t cursor, lag, pin;  // pin: kNoPin without a lease
  std::uint64_t batches, bytes, bytes_copied, lost, evacuations, private_bytes;
};

struct ArenaInfo {
  std::string name;
  SharedMemoryHeader header;
  ArenaState state;
  std::string abort_reason;
  bool writer_alive;
  std::uint64_t published, oldest;
  std::uint64_t batches, bytes, dropped_newest, dropped_oldest, reaped, evictions;
  std::vector<ReaderInfo> readers;
};

/// A snapshot; the words are read one by one while the arena lives. Throws not_found, not_an_arena,
/// incompatible, corrupt.
ArenaInfo inspect_arena(const std::string& name);

/// The names that other calls take, sorted; whether they are sound arenas is for inspect_arena to say. Throws
/// system if there is no shared memory.
std::vector<std::string> list_arena_names();

/// "open", "ended", "aborted", or "corrupt" for a number that is none.
const char* arena_state_name(ArenaState state) noexcept;

/// The reason given to abort(), bounded and printable whatever the shared bytes say.
std::string read_abort_reason(const AbortReason& reason);

}  // namespace qads
