#include "info.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include "core/base/descriptor.hpp"
#include "core/layout/name.hpp"
#include "core/life/fork_guard.hpp"
#include "core/os/space.hpp"
#include "deserted.hpp"
#include "segment.hpp"

namespace qads {
namespace {

std::uint64_t load(const Word64& word) noexcept { return word.load(std::memory_order_relaxed); }

ReaderInfo info_of(const SharedSegment& segment, std::uint32_t index, std::uint64_t published) {
  const ReaderEntry& entry = segment.reader(index);
  ReaderInfo info{};
  info.index = index;
  info.pid = entry.pid.load(std::memory_order_relaxed);
  info.state = static_cast<ReaderState>(entry.state.load(std::memory_order_acquire));
  info.alive = segment.reader_alive(index);
  info.waiting = (load(segment.control().reader_wait.waiting[index / 64]) >> (index % 64) & 1) != 0;
  info.cursor = load(entry.cursor);
  info.lag = published > info.cursor ? published - info.cursor : 0;
  info.pin = load(entry.pin);
  info.batches = load(entry.batches);
  info.bytes = load(entry.bytes);
  info.bytes_copied = load(entry.bytes_copied);
  info.lost = load(entry.lost);
  info.evacuations = load(entry.evacuations);
  info.private_bytes = load(entry.private_bytes);
  return info;
}

}  // namespace

std::string read_abort_reason(const AbortReason& reason) {
  const std::uint32_t length =
      std::min<std::uint32_t>(reason.length.load(std::memory_order_acquire), kAbortReasonBytes);
  return std::string(reason.text, strnlen(reason.text, length));
}

const char* arena_state_name(ArenaState state) noexcept {
  switch (state) {
    case ArenaState::open:
      return "open";
    case ArenaState::ended:
      return "ended";
    case ArenaState::aborted:
      return "aborted";
    case ArenaState::deserted:
      return "deserted";
  }
  return "corrupt";
}

std::vector<std::string> list_arena_names() {
  check_shared_memory_exists("(any)");
  std::vector<std::string> names = list_segment_names();
  const auto nobody_is_there = [](const std::string& name) {
    const GuardedFd fd(open_descriptor(arena_path(name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    return fd && is_deserted(fd.get());
  };
  names.erase(std::remove_if(names.begin(), names.end(), nobody_is_there), names.end());
  return names;
}

ArenaInfo inspect_arena(const std::string& name) {
  const SharedSegment segment = SharedSegment::open(name);
  const ControlPage& control = segment.control();
  ArenaInfo info{};
  info.name = name;
  info.header = segment.header();
  info.state = static_cast<ArenaState>(control.publish.state.load(std::memory_order_acquire));
  if (info.state == ArenaState::aborted) info.abort_reason = read_abort_reason(control.abort_reason);
  info.writer_alive = segment.writer_alive();
  info.published = load(control.publish.published);
  info.oldest = load(control.reclaim.oldest);
  info.batches = load(control.reclaim.batches);
  info.bytes = load(control.reclaim.bytes);
  info.dropped_newest = load(control.reclaim.dropped_newest);
  info.dropped_oldest = load(control.reclaim.dropped_oldest);
  info.reaped = load(control.reclaim.reaped);
  info.evictions = load(control.reclaim.evictions);
  for (std::uint32_t i = 0; i < segment.readers_in_use(); ++i) {
    const ReaderInfo reader = info_of(segment, i, info.published);
    if (reader.state != ReaderState::free) info.readers.push_back(reader);
  }
  return info;
}

}  // namespace qads
