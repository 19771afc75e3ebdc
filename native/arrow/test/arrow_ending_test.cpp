// How C++ writers end: finished, dropped, aborted, with and without readers.
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

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

WriterOptions small_ring() {
  WriterOptions options;
  options.with_size_mb(1).slots = 8;
  return options;
}

}  // namespace

TEST_CASE("a writer that is dropped aborts, because of an exception or not, unless it was ended before") {
  const std::string name = unique_name();
  std::unique_ptr<Reader> reader;
  require_throws<std::logic_error>([&] {
    Writer writer(name, small_ring());
    reader = std::make_unique<Reader>(name);
    writer.write(*number_batch(0));
    throw std::logic_error("source");
  });
  CHECK(reader->read() != nullptr);
  Error error = require_throws<Error>([&] { reader->read(); });
  CHECK_EQ(error.code(), QADS_ERR_WRITER_ABORTED);
  CHECK_EQ(std::string(error.what()), "an exception left the scope of the writer");
  const auto after_drop = [&](const std::function<void(Writer&)>& end) {
    {
      Writer writer(name, small_ring());
      reader = std::make_unique<Reader>(name);
      writer.write(*number_batch(0));
      end(writer);
    }
    CHECK(reader->read() != nullptr);
    return reader->read();
  };
  error = require_throws<Error>([&] { after_drop([](Writer&) {}); });
  CHECK_EQ(error.code(), QADS_ERR_WRITER_ABORTED);
  CHECK_EQ(std::string(error.what()), "the writer was dropped before it ended");
  CHECK(after_drop([](Writer& writer) { writer.end(); }) == nullptr);
  CHECK(after_drop([](Writer& writer) { writer.close(); }) == nullptr);
}

TEST_CASE("nothing is lost when the first reader comes after the last batch") {
  const std::string name = unique_name();
  std::thread producer([&] {
    Writer writer(name, small_ring());
    for (std::int64_t number = 0; number < 5; ++number) writer.write(*number_batch(number));
    writer.finish();
  });
  const SharedMemoryArena arena(name);
  CHECK(eventually([&] { return arena.exists() && arena.inspect().arena.state == 2; }));
  Reader reader = arena.create_reader();
  for (std::int64_t number = 0; number < 5; ++number) CHECK_EQ(number_of(*reader.read()), number);
  CHECK(reader.read() == nullptr);
  producer.join();
}

TEST_CASE("finish without a reader times out and leaves the arena for one") {
  const std::string name = unique_name();
  Writer writer(name, small_ring());
  writer.write(*number_batch(0));
  CHECK_EQ(require_throws<Error>([&] { writer.finish(true, milliseconds(10)); }).code(), QADS_ERR_TIMED_OUT);
  Reader reader(name);
  writer.finish();
  CHECK(reader.read() != nullptr);
  CHECK(reader.read() == nullptr);
}

TEST_CASE(
    "finish waits for nobody without batches, with a slow reader, or under a policy that loses batches") {
  const std::string empty = unique_name();
  {
    Writer writer(empty, small_ring());
    writer.finish();
  }
  CHECK(!SharedMemoryArena(empty).exists());
  const std::string name = unique_name();
  Writer writer(name, small_ring());
  Reader slow(name);
  writer.write(*number_batch(0));
  writer.finish();
  CHECK(writer.closed());
  CHECK_EQ(number_of(*slow.read()), 0);
  CHECK(slow.read() == nullptr);
  for (const OnFull policy : {OnFull::drop_oldest, OnFull::drop_newest, OnFull::error}) {
    WriterOptions options = small_ring();
    options.on_full = policy;
    const std::string losing = unique_name();
    Writer alone(losing, options);
    alone.write(*number_batch(0));
    alone.finish();
    CHECK(!SharedMemoryArena(losing).exists());
  }
}

TEST_CASE(
    "batches that go with their writer because nobody came are warned of, unless finish was told not to "
    "wait") {
  const auto said = [](const std::function<void(Writer)>& leave) {
    Child child(
        [&] {
          Writer writer(unique_name(), small_ring());
          for (std::int64_t number = 0; number < 3; ++number) writer.write(*number_batch(number));
          leave(std::move(writer));
        },
        Child::Stderr::captured);
    CHECK(child.succeeded());
    return child.stderr_text();
  };
  for (const auto& text : {said([](const Writer&) {}), said([](Writer writer) { writer.close(); })}) {
    CHECK(text.find("the writer left 3 batches unread") != std::string::npos);
  }
  CHECK_EQ(said([](Writer writer) { writer.finish(false); }), "");
  CHECK_EQ(said([](Writer writer) { writer.abort("enough"); }), "");
}
