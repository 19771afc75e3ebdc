// What a writer says that goes with batches which nobody has read, and what its readers learn when it is
// dropped.
#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "process_roles.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;

namespace {

using Writer = std::unique_ptr<RingWriter>;

/// What a child prints in which a writer of three batches goes in this way.
std::string said_by(const std::string& name, const WriterOptions& options,
                    const std::function<void(Writer)>& leave) {
  Child child(
      [&] {
        Writer writer = RingWriter::create(name, options);
        for (int i = 0; i < 3; ++i) write(*writer, 100);
        leave(std::move(writer));
      },
      Child::Stderr::captured);
  CHECK(child.succeeded());
  return child.stderr_text();
}

std::string said_by(const std::function<void(Writer)>& leave) {
  return said_by(unique_name(), ring_of(64 * kPage), leave);
}

}  // namespace

TEST_CASE("a writer that goes with unread batches, dropped, closed or at exit, warns once of how many") {
  const std::function<void(Writer)> ways[] = {
      [](Writer writer) { writer.reset(); },
      [](Writer writer) { writer->close(); },
      [](Writer writer) {
        writer->end();
        writer.reset();
      },
      [](Writer writer) {
        keep_for_ever(writer.release());
        std::exit(0);
      },
      [](Writer writer) {
        // A reader that came, read some, and left.
        const auto reader = RingReader::attach(writer->name(), {});
        read(*reader);
        reader->close();
      },
  };
  std::size_t way = 0;
  for (const auto& leave : ways) {
    const std::string name = unique_name();
    const std::string said = said_by(name, ring_of(64 * kPage), leave);
    const std::string left = way == 4 ? "2" : "3";
    CHECK(contains(said, "WARN"));
    CHECK(contains(said, "arena=" + name + " the writer left " + left + " batches unread"));
    CHECK(contains(said, "finish()"));
    CHECK_EQ(said.find('\n'), said.size() - 1);
    ++way;
  }
}

TEST_CASE("a writer whose batches were read, or will be, or that accepts the loss, says nothing") {
  CHECK_EQ(said_by([](Writer writer) {
             const auto reader = RingReader::attach(writer->name(), {});
             for (int i = 0; i < 3; ++i) read(*reader);
             reader->close();
             writer.reset();
           }),
           "");
  CHECK_EQ(said_by([](Writer writer) {
             const auto reader = RingReader::attach(writer->name(), {});
             writer.reset();
             for (std::uint64_t i = 0; i < 3; ++i) CHECK_EQ(read(*reader), i);
           }),
           "");
  CHECK_EQ(said_by([](Writer writer) { writer->abort("enough"); }), "");
  CHECK_EQ(said_by([](Writer writer) {
             writer->accept_loss();
             writer->close();
           }),
           "");
  for (const OnFull policy : {OnFull::drop_oldest, OnFull::drop_newest, OnFull::error}) {
    CHECK_EQ(said_by(unique_name(), ring_of(64 * kPage, 8, policy), [](Writer writer) { writer.reset(); }),
             "");
  }
}

TEST_CASE("the batches of a reader that was killed are warned of, with those that it had read left out") {
  const std::string name = unique_name();
  const Shared<Steps> steps;
  Child writer(
      [&] {
        const Writer made = RingWriter::create(name, ring_of(64 * kPage));
        for (int i = 0; i < 3; ++i) write(*made, 100);
        steps->reach(1);
        CHECK(steps->wait_for(3));
      },
      Child::Stderr::captured);
  REQUIRE(steps->wait_for(1));
  Child reader([&] {
    const auto attached = RingReader::attach(name, {});
    read(*attached);
    steps->reach(2);
    steps->wait_for(4);
  });
  REQUIRE(steps->wait_for(2));
  reader.kill(SIGKILL);
  CHECK(reader.ended_by(SIGKILL));
  steps->reach(3);
  CHECK(writer.succeeded());
  CHECK(contains(writer.stderr_text(), "the writer left 2 batches unread"));
}

TEST_CASE("a writer that is dropped before it ended aborts, one that ended does not") {
  for (const bool ended : {false, true}) {
    auto writer = RingWriter::create(unique_name(), ring_of(64 * kPage));
    const auto reader = RingReader::attach(writer->name(), {});
    write(*writer, 100);
    if (ended) writer->end();
    writer.reset();
    CHECK_EQ(read(*reader), 0u);
    if (ended) {
      CHECK(peek_status(*reader) == PeekStatus::ended);
    } else {
      const Error error =
          qads::testing::require_throws<Error>([&] { static_cast<void>(peek_status(*reader)); });
      CHECK(error.code() == Errc::writer_aborted);
      CHECK_EQ(std::string(error.what()), "the writer was dropped before it ended");
    }
  }
}
