// What the C++ writer and reader deliver: order, loss, the end, errors, with real processes.
#include <cmath>
#include <csignal>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <thread>

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

WriterOptions small_ring(std::uint32_t slots = 8) {
  WriterOptions options;
  options.with_size_mb(1).slots = slots;
  return options;
}

ReaderOptions waiting() {
  ReaderOptions options;
  options.wait = milliseconds(60'000);
  return options;
}

std::vector<std::int64_t> numbers_up_to(std::int64_t count) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

/// Lives until the test ends it.
void stay() {
  for (;;) pause();
}

}  // namespace

TEST_CASE("small and large batches of another process come complete, in order, and end") {
  for (const std::int64_t rows : {kSmallRows, kLargeRows}) {
    const std::string name = unique_name();
    const std::int64_t count = rows == kSmallRows ? 2000 : 200;
    Child child([&] {
      Writer writer(name, small_ring());
      for (std::int64_t number = 0; number < count; ++number) writer.write(*number_batch(number, rows));
      writer.finish();
    });
    std::vector<std::int64_t> numbers;
    Reader reader(name, waiting());
    for (const auto& batch : reader) numbers.push_back(number_of(*batch));
    CHECK(numbers == numbers_up_to(count));
    CHECK(child.succeeded());
    reader.close();
    CHECK(!SharedMemoryArena(name).exists());
  }
}

TEST_CASE("a reader in another process gets everything and the end") {
  const std::string name = unique_name();
  Child child([&] {
    Reader reader(name, waiting());
    std::int64_t next = 0;
    for (const auto& batch : reader) CHECK_EQ(number_of(*batch), next++);
    CHECK_EQ(next, 1000);
  });
  Writer writer(name, small_ring(4));
  for (std::int64_t number = 0; number < 1000; ++number) {
    CHECK_EQ(writer.write(*number_batch(number)).value(), static_cast<std::uint64_t>(number));
  }
  writer.finish();
  CHECK(child.succeeded());
}

TEST_CASE("an arena without batches ends at once") {
  const std::string name = unique_name();
  Writer writer(name, small_ring());
  Reader reader(name);
  writer.end();
  CHECK(reader.read() == nullptr);
  CHECK(reader.try_read().value() == nullptr);
  CHECK(reader.read_all() == nullptr);
}

TEST_CASE("a reader that is too slow for drop-oldest is told exactly what it lost") {
  const std::string name = unique_name();
  WriterOptions options = small_ring();
  options.on_full = OnFull::drop_oldest;
  Writer writer(name, options);
  std::vector<std::int64_t> all;
  ReaderOptions reading;
  reading.on_loss = [&](const Loss& loss) {
    for (std::uint64_t i = 0; i < loss.count; ++i) all.push_back(static_cast<std::int64_t>(loss.first + i));
  };
  Reader reader(name, reading);
  std::int64_t written = 0;
  bool lost = false;
  while (written < 500) {
    for (const std::int64_t until = written + 50; written < until; ++written) {
      CHECK(writer.write(*number_batch(written)).has_value());
    }
    const auto batch = reader.read(milliseconds(0));
    lost = lost || reader.info()->lost.has_value();
    all.push_back(number_of(*batch));
    CHECK_EQ(static_cast<std::uint64_t>(all.back()), reader.info()->sequence);
  }
  writer.end();
  for (const auto& batch : reader) all.push_back(number_of(*batch));
  CHECK(lost);
  CHECK(all == numbers_up_to(500));
  CHECK(reader.stats().lost > 0);
}

TEST_CASE("a writer that is killed gives an error after everything it had written") {
  const std::string name = unique_name();
  Child child([&] {
    Writer writer(name, small_ring());
    for (std::int64_t number = 0; number < 5; ++number) writer.write(*number_batch(number));
    stay();
  });
  Reader reader(name, waiting());
  for (std::int64_t number = 0; number < 5; ++number) CHECK_EQ(number_of(*reader.read()), number);
  child.kill(SIGKILL);
  const Error error = require_throws<Error>([&] { reader.read(); });
  CHECK_EQ(error.code(), QADS_ERR_WRITER_DIED);
  CHECK_EQ(std::string(error.code_name()), "ERR_QADS_WRITER_DIED");
  CHECK(std::string(error.what()).find(name) != std::string::npos);
  // Nothing is to be cleaned up by hand.
  reader.close();
  Writer next(name, small_ring());
}

TEST_CASE("a reader that is killed does not hold the writer") {
  const std::string name = unique_name();
  Writer writer(name, small_ring(4));
  Reader reader(name);
  Child child([&] {
    Reader slow(name);
    slow.read();
    stay();
  });
  const auto pass_on = [&](std::int64_t number) {
    CHECK(writer.write(*number_batch(number), milliseconds(60'000)).has_value());
    CHECK_EQ(number_of(*reader.read()), number);
  };
  CHECK(eventually([&] { return writer.stats().joins == 2; }));
  // The fifth needs the space of the first, which the child has read by then; the sixth that of the second.
  for (std::int64_t number = 0; number < 5; ++number) pass_on(number);
  CHECK(!writer.try_write(*number_batch(5)));
  child.kill(SIGKILL);
  pass_on(5);
  CHECK_EQ(writer.stats().reaped_readers, 1u);
}

TEST_CASE("a writer that aborts gives its reason after everything it had written") {
  const std::string name = unique_name();
  Writer writer(name, small_ring());
  Reader reader(name);
  writer.write(*number_batch(0));
  writer.abort("the exchange hung up");
  CHECK_EQ(number_of(*reader.read()), 0);
  const Error error = require_throws<Error>([&] { reader.read(); });
  CHECK_EQ(error.code(), QADS_ERR_WRITER_ABORTED);
  CHECK_EQ(std::string(error.what()), "the exchange hung up");
}

TEST_CASE("a slow consumer gets everything of a writer that is gone, then the error") {
  for (const bool killed : {false, true}) {
    const std::string name = unique_name();
    Child child([&] {
      Writer writer(name, small_ring(64));
      for (std::int64_t number = 0; number < 40; ++number) writer.write(*number_batch(number));
      // What is aborted before anybody came is gone with its reason.
      CHECK(eventually([&] { return writer.stats().joins == 1; }));
      if (!killed) writer.abort("the exchange hung up");
      stay();
    });
    Reader reader(name, waiting());
    const SharedMemoryArena arena(name);
    const auto info = [&] { return arena.inspect().arena; };
    CHECK(eventually([&] { return info().published == 40 && (killed || info().state == 3); }));
    std::vector<std::int64_t> numbers;
    const Error error = require_throws<Error>([&] {
      for (const auto& batch : reader) {
        if (numbers.empty()) {
          child.kill(SIGKILL);
          CHECK(eventually([&] { return info().writer_alive == 0; }));
        }
        numbers.push_back(number_of(*batch));
      }
    });
    CHECK_EQ(error.code(), killed ? QADS_ERR_WRITER_DIED : QADS_ERR_WRITER_ABORTED);
    CHECK(numbers == numbers_up_to(40));
  }
}

TEST_CASE("a zero byte ends neither a name nor a reason") {
  const std::string name = unique_name();
  const std::string longer = name + std::string("\0x", 2);
  Writer writer(name, small_ring());
  Reader reader(name);
  CHECK_EQ(require_throws<Error>([&] { SharedMemoryArena(longer).unlink(); }).code(), QADS_ERR_NAME_INVALID);
  CHECK_EQ(require_throws<Error>([&] { Writer(longer, small_ring()); }).code(), QADS_ERR_NAME_INVALID);
  CHECK_EQ(require_throws<Error>([&] { Reader other(longer); }).code(), QADS_ERR_NAME_INVALID);
  CHECK(SharedMemoryArena(name).exists());
  writer.abort(std::string("disk\0full", 9));
  const Error error = require_throws<Error>([&] { reader.read(); });
  CHECK_EQ(std::string(error.what()),
           "disk\xef\xbf\xbd"
           "full");
}

TEST_CASE("waits time out, and then nothing was taken or written") {
  const std::string name = unique_name();
  Writer writer(name, small_ring(2));
  Reader reader(name);
  for (const auto timeout : {milliseconds(0), milliseconds(10)}) {
    CHECK_EQ(require_throws<Error>([&] { reader.read(timeout); }).code(), QADS_ERR_TIMED_OUT);
  }
  CHECK(!reader.try_read().has_value());
  CHECK(writer.try_write(*number_batch(0)));
  CHECK(writer.try_write(*number_batch(1)));
  CHECK(!writer.try_write(*number_batch(2)));
  for (const auto timeout : {milliseconds(0), milliseconds(10)}) {
    CHECK_EQ(require_throws<Error>([&] { writer.write(*number_batch(2), timeout); }).code(),
             QADS_ERR_TIMED_OUT);
  }
  CHECK_EQ(require_throws<Error>([&] { writer.drained(false, milliseconds(10)); }).code(),
           QADS_ERR_TIMED_OUT);
  CHECK_EQ(reader.lag(), 2u);
  CHECK_EQ(number_of(*reader.read()), 0);
  CHECK_EQ(writer.write(*number_batch(2), milliseconds(0)).value(), 2u);
}

TEST_CASE("a second writer, a reader too many, a missing arena and a foreign file are errors with a code") {
  const std::string name = unique_name();
  WriterOptions options = small_ring();
  options.max_readers = 1;
  Writer writer(name, options);
  Reader reader(name);
  CHECK_EQ(require_throws<Error>([&] { Writer second(name); }).code(), QADS_ERR_WRITER_EXISTS);
  CHECK_EQ(require_throws<Error>([&] { Reader second(name); }).code(), QADS_ERR_TOO_MANY_READERS);
  CHECK_EQ(require_throws<Error>([&] { Reader none(unique_name()); }).code(), QADS_ERR_NOT_FOUND);
  CHECK_EQ(require_throws<Error>([&] { Reader bad("a/b"); }).code(), QADS_ERR_NAME_INVALID);
  const std::string foreign = unique_name();
  std::ofstream("/dev/shm/qads-arena." + foreign) << std::string(8192, 'x');
  CHECK_EQ(require_throws<Error>([&] { Reader other(foreign); }).code(), QADS_ERR_NOT_AN_ARENA);
  CHECK(SharedMemoryArena(foreign).unlink());
}

TEST_CASE("policies: error throws, drop-newest says so, one schema is kept") {
  WriterOptions options = small_ring(2);
  options.on_full = OnFull::error;
  options.one_schema = true;
  const std::string name = unique_name();
  Writer failing(name, options);
  Reader reader(name);
  failing.write(*number_batch(0));
  const auto other = number_batch(1)->RemoveColumn(0).ValueOrDie();
  const Error mismatch = require_throws<Error>([&] { failing.write(*other); });
  CHECK_EQ(mismatch.code(), QADS_ERR_SCHEMA_MISMATCH);
  CHECK(std::string(mismatch.what()).find(" is missing") != std::string::npos);
  const auto noted = number_batch(1);
  failing.write(*noted->ReplaceSchemaMetadata(arrow::key_value_metadata({"note"}, {"other"})));
  CHECK_EQ(require_throws<Error>([&] { failing.write(*number_batch(2)); }).code(), QADS_ERR_FULL);

  options.on_full = OnFull::drop_newest;
  const std::string dropping = unique_name();
  Writer writer(dropping, options);
  Reader slow(dropping);
  CHECK(writer.write(*number_batch(0)).has_value());
  CHECK(writer.write(*number_batch(1)).has_value());
  CHECK(!writer.write(*number_batch(2)).has_value());
  CHECK_EQ(writer.stats().dropped_newest, 1u);
}

TEST_CASE("closed and moved-from handles") {
  const std::string name = unique_name();
  Writer first(name, small_ring());
  Writer writer = std::move(first);
  Reader reader(name);
  writer.write(*number_batch(0));
  reader.read();
  Reader moved = std::move(reader);
  moved.close();
  moved.close();
  CHECK(moved.closed());
  CHECK_EQ(moved.stats().batches, 1u);
  CHECK_EQ(require_throws<Error>([&] { moved.read(); }).code(), QADS_ERR_CLOSED);
  writer.close();
  writer.close();
  CHECK_EQ(writer.stats().batches, 1u);
  CHECK_EQ(require_throws<Error>([&] { writer.write(*number_batch(1)); }).code(), QADS_ERR_CLOSED);
  writer.abort("too late");
  writer.finish();
  // NOLINTBEGIN(bugprone-use-after-move): what was moved from says so.
  CHECK(first.closed());
  CHECK(reader.closed());
  CHECK_EQ(first.name() + reader.name(), std::string());
  CHECK(!reader.info().has_value());
  CHECK_EQ(require_throws<Error>([&] { first.write(*number_batch(1)); }).code(), QADS_ERR_CLOSED);
  CHECK_EQ(require_throws<Error>([&] { first.stats(); }).code(), QADS_ERR_CLOSED);
  CHECK_EQ(require_throws<Error>([&] { reader.read(); }).code(), QADS_ERR_CLOSED);
  CHECK_EQ(require_throws<Error>([&] { reader.stats(); }).code(), QADS_ERR_CLOSED);
  first.close();
  first.end();
  reader.close();
  // NOLINTEND(bugprone-use-after-move)
}

TEST_CASE("assigning to a handle closes what it held") {
  const std::string one = unique_name();
  const std::string other = unique_name();
  Writer writer(one, small_ring());
  Reader reader(one);
  writer = Writer(other, small_ring());
  CHECK_EQ(require_throws<Error>([&] { reader.read(); }).code(), QADS_ERR_WRITER_ABORTED);
  reader = Reader(other);
  CHECK(!SharedMemoryArena(one).exists());
  writer.write(*number_batch(1));
  CHECK_EQ(number_of(*reader.read()), 1);
}

TEST_CASE("options out of their range are errors with a code") {
  for (const double size : {0.0, -1.0, 1e300, std::nan("")}) {
    const WriterOptions options = WriterOptions().with_size_mb(size);
    CHECK_EQ(require_throws<Error>([&] { Writer bad(unique_name(), options); }).code(),
             QADS_ERR_INVALID_ARGUMENT);
  }
  const WriterOptions none = WriterOptions().with_buffer_count(0);
  CHECK_EQ(require_throws<Error>([&] { Writer bad(unique_name(), none); }).code(), QADS_ERR_INVALID_ARGUMENT);
  const std::string name = unique_name();
  Writer writer(name, small_ring());
  ReaderOptions nowhere;
  nowhere.from = -3;
  CHECK_EQ(require_throws<Error>([&] { Reader bad(name, nowhere); }).code(), QADS_ERR_INVALID_ARGUMENT);
}

TEST_CASE("a reader starts where it is told to") {
  const std::string name = unique_name();
  Writer writer(name, small_ring());
  for (std::int64_t number = 0; number < 4; ++number) writer.write(*number_batch(number));
  ReaderOptions options;
  options.from = 2;
  Reader from_two(name, options);
  options.from = kFromLatest;
  Reader latest(name, options);
  writer.write(*number_batch(4));
  CHECK_EQ(number_of(*Reader(name).read()), 0);
  CHECK_EQ(number_of(*from_two.read()), 2);
  CHECK_EQ(number_of(*latest.read()), 4);
}

TEST_CASE("handles of the parent do not work in a forked child") {
  const std::string name = unique_name();
  Writer writer(name, small_ring());
  Reader reader(name);
  writer.write(*number_batch(7, kLargeRows));
  auto batch = reader.read();
  writer.write(*number_batch(0));
  Child child([&] {
    CHECK_EQ(require_throws<Error>([&] { writer.write(*number_batch(1)); }).code(), QADS_ERR_FORKED);
    CHECK_EQ(require_throws<Error>([&] { reader.read(milliseconds(0)); }).code(), QADS_ERR_FORKED);
    // Its copy of a batch is the parent's too: to let go of it must not end the parent's lease.
    batch.reset();
    writer.close();
    reader.close();
  });
  CHECK(child.succeeded());
  CHECK_EQ(number_of(*batch), 7);
  CHECK_EQ(reader.stats().leases, 1u);
  CHECK_EQ(number_of(*reader.read()), 0);
}
