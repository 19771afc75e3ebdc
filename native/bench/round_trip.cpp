// A round trip through two arenas between two processes that both spin, beside the bare ping-pong of one
// cache line between two processes, and of the lines that a batch must touch: `round_trip BYTES TRIPS ROUNDS`
// prints the nanoseconds of a trip for each round, {"arena":[…],"line":[…],"message":[…]}. The payload's
// first and last byte are written and read; nothing is copied. `round_trip BYTES TRIPS ROUNDS 1` writes all
// of the payload and copies it out, as a reader does with a small batch.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>

#include "bare_message.hpp"
#include "bench_support.hpp"
#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/wake/spin.hpp"

namespace {

using namespace qads;
using namespace qads::bench;

constexpr std::uint64_t kMinRing = 1u << 20;

/// One number that goes to and fro: odd there, even back. One line, as the bare limit has it.
struct alignas(64) Line {
  std::atomic<std::uint64_t> ball{0};
};

struct Bare {
  Line line;
  BareLane there, back;
};

std::unique_ptr<RingWriter> make_writer(const std::string& name, std::uint64_t bytes) {
  WriterOptions options;
  // A whole number of batches, so that they lie where earlier ones did: other addresses would be in no cache,
  // and that would be measured, not the trip.
  options.arena.capacity = std::max(kMinRing, 3 * Geometry::align_up(bytes, 4096));
  options.spin_micros = kSpinMicros;
  return RingWriter::create(name, options);
}

std::unique_ptr<RingReader> make_reader(const std::string& name) {
  ReaderOptions options;
  options.spin_micros = kSpinMicros;
  for (;;) {
    try {
      return RingReader::attach(name, options);
    } catch (const Error& error) {
      if (error.code() != Errc::not_found) throw;
    }
  }
}

void check(bool right) {
  if (!right) throw std::bad_exception();
}

void send(RingWriter& writer, std::uint64_t bytes, bool all) {
  const Claim claim = writer.claim(bytes, Deadline::never());
  if (all) std::memset(claim.data, 1, bytes);
  claim.data[0] = 1;
  claim.data[bytes - 1] = 1;
  writer.commit(bytes, 1, 1);
}

void receive(RingReader& reader, std::vector<std::uint8_t>& copy) {
  BatchView batch;
  if (reader.wait_peek(batch, Deadline::never()) != PeekStatus::ready) throw std::bad_exception();
  const std::uint8_t* data = batch.data;
  if (!copy.empty()) data = static_cast<const std::uint8_t*>(std::memcpy(copy.data(), data, batch.length));
  check(data[0] + data[batch.length - 1] == 2);
  reader.advance();
}

void await(const Line& line, std::uint64_t value) {
  while (line.ball.load(std::memory_order_acquire) != value) cpu_pause();
}

/// The same turns on both sides: trips of the arena, of the line, and of bare messages, round after round.
void answer(const std::string& there, const std::string& back, Bare& bare, std::uint64_t bytes,
            std::uint64_t trips, std::uint64_t rounds, bool all) {
  std::vector<std::uint8_t> copy(all ? bytes : 0);
  const auto writer = make_writer(back, bytes);
  const auto reader = make_reader(there);
  std::uint64_t ball = 0, message = 0;
  for (std::uint64_t round = 0; round <= rounds; ++round) {
    for (std::uint64_t i = 0; i < trips; ++i) {
      receive(*reader, copy);
      send(*writer, bytes, all);
    }
    for (std::uint64_t i = 0; i < trips; ++i, ball += 2) {
      await(bare.line, ball + 1);
      bare.line.ball.store(ball + 2, std::memory_order_release);
    }
    for (std::uint64_t i = 0; i < trips; ++i, ++message) {
      check(bare.there.receive(message));
      bare.back.send(message);
    }
  }
  // The other side still reads the last answer.
  (void)writer->wait_drained(true, Deadline::after_ms(60'000));
}

}  // namespace

int main(int argc, char** argv) {
  return run([&] {
    const std::uint64_t bytes = std::max<std::uint64_t>(1, argument(argc, argv, 1, 64));
    const std::uint64_t trips = argument(argc, argv, 2, 20'000);
    const std::uint64_t rounds = argument(argc, argv, 3, 9);
    const bool all = argument(argc, argv, 4, 0) != 0;
    std::vector<std::uint8_t> copy(all ? bytes : 0);
    Bare& bare = shared<Bare>();
    const std::string there = arena_name("there");
    const std::string back = arena_name("back");
    const pid_t child = run_in_child([&] { answer(there, back, bare, bytes, trips, rounds, all); });
    const auto writer = make_writer(there, bytes);
    const auto reader = make_reader(back);

    std::vector<double> arena, line, lines;
    const auto add = [&](std::vector<double>& times, std::uint64_t from, std::uint64_t to) {
      times.push_back(static_cast<double>(to - from) / static_cast<double>(trips));
    };
    std::uint64_t ball = 0, message = 0;
    for (std::uint64_t round = 0; round <= rounds; ++round) {
      const std::uint64_t start = monotonic_ns();
      for (std::uint64_t i = 0; i < trips; ++i) {
        send(*writer, bytes, all);
        receive(*reader, copy);
      }
      const std::uint64_t arena_end = monotonic_ns();
      for (std::uint64_t i = 0; i < trips; ++i, ball += 2) {
        bare.line.ball.store(ball + 1, std::memory_order_release);
        await(bare.line, ball + 2);
      }
      const std::uint64_t line_end = monotonic_ns();
      for (std::uint64_t i = 0; i < trips; ++i, ++message) {
        bare.there.send(message);
        check(bare.back.receive(message));
      }
      const std::uint64_t end = monotonic_ns();
      if (round == 0) continue;
      add(arena, start, arena_end);
      add(line, arena_end, line_end);
      add(lines, line_end, end);
    }
    waitpid(child, nullptr, 0);
    std::printf("{");
    print_numbers("arena", arena);
    print_numbers("line", line);
    print_numbers("message", lines, true);
    std::printf("}\n");
  });
}
