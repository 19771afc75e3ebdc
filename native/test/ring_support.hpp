// Batches that can be checked, and errors as values.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/ring/reader.hpp"
#include "core/ring/writer.hpp"
#include "support.hpp"
#include "testing.hpp"

namespace qads::test {

inline Deadline soon() { return Deadline::after_ms(60'000); }

inline WriterOptions ring_of(std::uint64_t capacity, std::uint32_t slots = 8,
                             OnFull on_full = OnFull::block) {
  WriterOptions options;
  options.arena.capacity = capacity;
  options.arena.slots = slots;
  options.arena.on_full = on_full;
  return options;
}

inline ReaderOptions from(std::int64_t sequence) {
  ReaderOptions options;
  options.from = sequence;
  return options;
}

/// Fills a claim with the bytes of its sequence and commits it.
inline void commit_filled(RingWriter& writer, const Claim& claim) {
  const std::uint64_t sequence = writer.stats().batches;
  fill(claim.data, claim.length, sequence);
  CHECK_EQ(writer.commit(claim.length, sequence + 1, 7), sequence);
}

inline ClaimStatus try_write(RingWriter& writer, std::uint64_t bytes) {
  const Claim claim = writer.try_claim(bytes);
  if (claim.status == ClaimStatus::claimed) commit_filled(writer, claim);
  return claim.status;
}

/// Waits for space, which must come.
inline void write(RingWriter& writer, std::uint64_t bytes) {
  const Claim claim = writer.claim(bytes, soon());
  REQUIRE(claim.status == ClaimStatus::claimed);
  commit_filled(writer, claim);
}

/// Writes until there is no space; how many batches fitted.
inline std::uint64_t write_until_blocked(RingWriter& writer, std::uint64_t bytes) {
  std::uint64_t count = 0;
  while (try_write(writer, bytes) == ClaimStatus::claimed) ++count;
  return count;
}

/// The next batch, which must come; its bytes are checked.
inline BatchView look(RingReader& reader) {
  BatchView batch;
  REQUIRE(reader.wait_peek(batch, soon()) == PeekStatus::ready);
  REQUIRE(is_filled(batch.data, batch.length, batch.sequence));
  return batch;
}

inline std::uint64_t read(RingReader& reader) {
  const std::uint64_t sequence = look(reader).sequence;
  reader.advance();
  return sequence;
}

inline Lease* take(RingReader& reader) {
  look(reader);
  return reader.take();
}

inline PeekStatus peek_status(RingReader& reader) {
  BatchView batch;
  return reader.peek(batch);
}

inline void check_lease(const Lease* lease) { CHECK(is_filled(lease->data, lease->length, lease->sequence)); }

/// The error that `action` throws, or ok.
template <typename Action>
Errc code_of(Action&& action) {
  try {
    std::forward<Action>(action)();
  } catch (const Error& error) {
    return error.code();
  }
  return Errc::ok;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// For what a program never gives back: reachable, so that a leak checker is content.
template <typename T>
T* keep_for_ever(T* object) {
  static auto* kept = new std::vector<T*>;
  kept->push_back(object);
  return object;
}

/// Nothing is left of the arena.
inline bool is_gone(const std::string& name) { return list_arena_names_with(name).empty(); }

}  // namespace qads::test
