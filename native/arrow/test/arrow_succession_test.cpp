// From one arena of a name to the next.
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "number_batch.hpp"
#include "processes.hpp"
#include "qadataswap/arrow.hpp"
#include "support.hpp"

using namespace qads::arrow;
using namespace qads::arrow::test;
using qads::test::Child;
using qads::test::eventually;
using qads::test::unique_name;
using qads::testing::require_throws;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kSoon{60'000};

ReaderOptions that(Reconnect reconnect, std::vector<std::string>* departures = nullptr) {
  ReaderOptions options;
  options.wait = kSoon;
  options.reconnect = reconnect;
  if (departures != nullptr) {
    options.on_reconnect = [departures](const Error* why) {
      departures->emplace_back(why == nullptr ? "ended" : why->code_name());
    };
  }
  return options;
}

void write_numbers(Writer& writer, std::int64_t first, std::int64_t count) {
  for (std::int64_t number = first; number < first + count; ++number) writer.write(*number_batch(number));
}

}  // namespace

TEST_CASE("a writer that was killed or aborted is followed by the next of its name, the end ends") {
  const std::string name = unique_name();
  std::vector<std::string> departures;
  Child first([&] {
    Writer writer(name);
    write_numbers(writer, 0, 2);
    for (;;) pause();
  });
  Reader reader(name, that(Reconnect::after_failure, &departures));
  const ArenaId id = reader.id();
  CHECK_EQ(number_of(*reader.read(kSoon)), 0);
  CHECK_EQ(number_of(*reader.read(kSoon)), 1);
  first.kill(SIGKILL);
  CHECK(first.ended_by(SIGKILL));
  {
    Writer second(name);
    write_numbers(second, 10, 1);
    CHECK_EQ(number_of(*reader.read(kSoon)), 10);
    CHECK(reader.id() == second.id());
    CHECK(reader.id() != id);
    CHECK_EQ(reader.info()->sequence, 0u);
    second.abort("enough");
  }
  CHECK_EQ(require_throws<Error>([&] { reader.read(milliseconds(10)); }).code(), QADS_ERR_TIMED_OUT);
  CHECK(!reader.try_read().has_value());
  CHECK_EQ(reader.lag(), 0u);
  Writer third(name);
  write_numbers(third, 20, 1);
  std::vector<std::int64_t> numbers;
  for (const auto& batch : reader) {
    numbers.push_back(number_of(*batch));
    third.finish();
  }
  CHECK(numbers == std::vector<std::int64_t>{20});
  CHECK(reader.read() == nullptr);
  CHECK(departures == (std::vector<std::string>{"ERR_QADS_WRITER_DIED", "ERR_QADS_WRITER_ABORTED"}));
}

TEST_CASE("an arena that ended is never read again, while another reader drains it") {
  const std::string name = unique_name();
  std::vector<std::string> departures;
  Writer first(name);
  write_numbers(first, 0, 2);
  Reader slow(name);
  Reader reader(name, that(Reconnect::always, &departures));
  first.finish();
  CHECK_EQ(number_of(*reader.read(kSoon)), 0);
  CHECK_EQ(number_of(*reader.read(kSoon)), 1);
  for (int round = 0; round < 20; ++round) CHECK(!reader.try_read().has_value());
  CHECK(departures == std::vector<std::string>{"ended"});
  CHECK(SharedMemoryArena(name).exists());
  CHECK_EQ(SharedMemoryArena(name).inspect().readers.size(), 1u);
  CHECK_EQ(number_of(*slow.read()), 0);
  Writer second(name);
  write_numbers(second, 10, 1);
  CHECK_EQ(number_of(*reader.read(kSoon)), 10);
  CHECK_EQ(number_of(*slow.read()), 1);
  CHECK(slow.read() == nullptr);
}

TEST_CASE("an arena of the same generation is known for another by its time") {
  const std::string name = unique_name();
  Writer first(name);
  write_numbers(first, 0, 1);
  Reader reader(name, that(Reconnect::always));
  const ArenaId id = reader.id();
  CHECK_EQ(number_of(*reader.read(kSoon)), 0);
  first.finish();
  CHECK(SharedMemoryArena(name).unlink());
  Writer second(name);
  write_numbers(second, 10, 1);
  CHECK_EQ(number_of(*reader.read(kSoon)), 10);
  CHECK_EQ(reader.id().generation, id.generation);
  CHECK(reader.id() != id);
}

TEST_CASE("a reader that was closed while it waits for the next arena stays closed") {
  const std::string name = unique_name();
  Writer first(name);
  Reader reader(name, that(Reconnect::always));
  first.finish();
  CHECK(!reader.try_read().has_value());
  reader.close();
  Writer second(name);
  write_numbers(second, 10, 1);
  CHECK_EQ(require_throws<Error>([&] { reader.read(milliseconds(0)); }).code(), QADS_ERR_CLOSED);
}
