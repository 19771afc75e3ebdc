// Who gets which batch: policies, places to join at, the floor, ends, and waits that end in time.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/segment/info.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;
using qads::testing::require_throws;

namespace {

constexpr std::uint64_t kPage = 4096;

std::vector<std::uint64_t> read_all(RingReader& reader) {
  std::vector<std::uint64_t> sequences;
  while (peek_status(reader) == PeekStatus::ready) sequences.push_back(read(reader));
  return sequences;
}

std::vector<std::uint64_t> range(std::uint64_t first, std::uint64_t end) {
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t i = first; i < end; ++i) numbers.push_back(i);
  return numbers;
}

}  // namespace

TEST_CASE("block: with no reader yet nothing is lost, and the writer waits for the first") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(kPage, 8));
  CHECK_EQ(write_until_blocked(*writer, 100), 8u);
  CHECK(writer->try_claim(100).status == ClaimStatus::would_block);
  CHECK(writer->claim(100, Deadline::after_ms(0)).status == ClaimStatus::would_block);
  std::thread consumer([&] {
    auto reader = RingReader::attach(name, {});
    for (std::uint64_t i = 0; i < 9; ++i) CHECK_EQ(read(*reader), i);
  });
  write(*writer, 100);
  consumer.join();
}

TEST_CASE("block: when the last reader leaves, what it had read may go and the rest is kept") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(kPage, 8));
  auto slow = RingReader::attach(name, {});
  auto fast = RingReader::attach(name, {});
  CHECK_EQ(write_until_blocked(*writer, 100), 8u);
  for (int i = 0; i < 3; ++i) read(*slow);
  for (int i = 0; i < 5; ++i) read(*fast);
  slow->close();
  fast->close();
  // The slow one left first: what the last to leave had read may go.
  CHECK_EQ(writer->stats().unread, 3u);
  CHECK_EQ(write_until_blocked(*writer, 100), 5u);
  auto next = RingReader::attach(name, {});
  CHECK(read_all(*next) == range(5, 13));
}

TEST_CASE("drop-oldest: with no reader the oldest go, and a reader gets what is still there") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(kPage, 8, OnFull::drop_oldest));
  for (int i = 0; i < 100; ++i) CHECK(try_write(*writer, 100) == ClaimStatus::claimed);
  auto reader = RingReader::attach(name, {});
  const std::vector<std::uint64_t> got = read_all(*reader);
  CHECK(!got.empty() && got.size() <= 8);
  CHECK(got == range(got.front(), 100));
  CHECK_EQ(reader->stats().lost, 0u);
}

TEST_CASE("drop-oldest: a batch that is looked at stays until the reader is done with it") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(kPage, 4, OnFull::drop_oldest));
  auto reader = RingReader::attach(name, {});
  for (int i = 0; i < 4; ++i) write(*writer, 1000);
  CHECK_EQ(look(*reader).sequence, 0u);
  CHECK(writer->try_claim(1000).status == ClaimStatus::would_block);
  CHECK_EQ(look(*reader).sequence, 0u);
  reader->advance();
  for (int i = 0; i < 4; ++i) write(*writer, 1000);
  const BatchView batch = look(*reader);
  CHECK_EQ(batch.sequence, 4u);
  CHECK_EQ(batch.lost_first, 1u);
  CHECK_EQ(batch.lost_count, 3u);
  reader->advance();
  CHECK_EQ(look(*reader).lost_count, 0u);
  CHECK_EQ(reader->stats().lost, 3u);
  CHECK_EQ(writer->stats().dropped_oldest, 3u);
}

TEST_CASE("drop-newest: what does not fit is not written, and is counted") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(kPage, 4, OnFull::drop_newest));
  auto reader = RingReader::attach(name, {});
  for (int i = 0; i < 4; ++i) CHECK(try_write(*writer, 10) == ClaimStatus::claimed);
  for (int i = 0; i < 3; ++i) CHECK(writer->try_claim(10).status == ClaimStatus::dropped);
  CHECK(writer->claim(10, soon()).status == ClaimStatus::dropped);
  CHECK_EQ(writer->stats().dropped_newest, 4u);
  CHECK(read_all(*reader) == range(0, 4));
  CHECK(try_write(*writer, 10) == ClaimStatus::claimed);
  CHECK(read_all(*reader) == range(4, 5));
  CHECK_EQ(reader->stats().lost, 0u);
}

TEST_CASE("error: a full ring is an error that counts the unread") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(kPage, 4, OnFull::error));
  auto reader = RingReader::attach(name, {});
  for (int i = 0; i < 4; ++i) write(*writer, 10);
  read(*reader);
  write(*writer, 10);
  for (int i = 0; i < 2; ++i) {
    const Error error = require_throws<Error>([&] { static_cast<void>(writer->try_claim(10)); });
    CHECK(error.code() == Errc::full);
    CHECK(contains(error.what(), "4 batches are unread"));
  }
  CHECK(read_all(*reader) == range(1, 5));
}

TEST_CASE("a batch larger than the ring is an error with both sizes; one as large as the ring goes through") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(16 * kPage, 4));
  auto reader = RingReader::attach(name, {});
  const Error error = require_throws<Error>([&] { static_cast<void>(writer->try_claim(16 * kPage + 1)); });
  CHECK(error.code() == Errc::batch_too_large);
  CHECK(contains(error.what(), "65537") && contains(error.what(), "65536"));
  for (const std::uint64_t small : {0u, 1u, 100u}) {
    if (small > 0) {
      write(*writer, small);
      read(*reader);
    }
    write(*writer, 16 * kPage);
    CHECK_EQ(look(*reader).length, 16 * kPage);
    reader->advance();
  }
}

TEST_CASE("a reader joins at the earliest, the latest, or a sequence; what is gone by then is reported") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(kPage, 16));
  auto first = RingReader::attach(name, {});
  for (int i = 0; i < 40; ++i) {
    write(*writer, 10);
    read(*first);
  }
  const std::uint64_t oldest = inspect_arena(name).oldest;
  CHECK(oldest >= 24 && oldest < 40);

  auto earliest = RingReader::attach(name, from(kFromEarliest));
  CHECK(read_all(*earliest) == range(oldest, 40));
  auto latest = RingReader::attach(name, from(kFromLatest));
  CHECK(peek_status(*latest) == PeekStatus::empty);
  auto exact = RingReader::attach(name, from(38));
  CHECK(read_all(*exact) == range(38, 40));
  auto at_next = RingReader::attach(name, from(40));
  CHECK(peek_status(*at_next) == PeekStatus::empty);

  auto gone = RingReader::attach(name, from(3));
  const BatchView batch = look(*gone);
  CHECK_EQ(batch.sequence, oldest);
  CHECK_EQ(batch.lost_first, 3u);
  CHECK_EQ(batch.lost_count, oldest - 3);
  CHECK_EQ(gone->stats().lost, oldest - 3);
  gone->close();

  for (const std::int64_t beyond : {std::int64_t{41}, INT64_MAX, std::int64_t{-3}, INT64_MIN}) {
    CHECK(code_of([&] { RingReader::attach(name, from(beyond)); }) == Errc::invalid_argument);
  }
  write(*writer, 10);
  for (RingReader* reader : {latest.get(), at_next.get(), earliest.get()}) CHECK_EQ(read(*reader), 40u);
}

TEST_CASE("end: readers drain, then see the end, again and again") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(kPage));
  auto reader = RingReader::attach(name, {});
  write(*writer, 10);
  write(*writer, 10);
  writer->end();
  writer->end();
  writer->abort("too late");
  CHECK(code_of([&] { static_cast<void>(writer->try_claim(10)); }) == Errc::closed);
  CHECK(code_of([&] { writer->commit(10, 1, 1); }) == Errc::closed);
  auto late = RingReader::attach(name, {});
  writer->close();
  writer->close();
  CHECK(code_of([&] { static_cast<void>(writer->stats()); }) == Errc::closed);
  auto later = RingReader::attach(name, {});
  for (RingReader* each : {reader.get(), late.get(), later.get()}) {
    CHECK(read_all(*each) == range(0, 2));
    CHECK(peek_status(*each) == PeekStatus::ended);
    CHECK(peek_status(*each) == PeekStatus::ended);
    BatchView batch;
    CHECK(each->wait_peek(batch, soon()) == PeekStatus::ended);
    CHECK(!each->arm(WakeBy::semaphore, 0));
    each->close();
  }
  CHECK(is_gone(name));
}

TEST_CASE("abort: readers drain, then fail with the reason, cut between characters when it is too long") {
  for (const std::string& reason :
       {std::string("the sensor is off"), std::string(), std::string(5000, 'x'),
        std::string(999, 'x') + "\xc3\xa9\xc3\xa9", std::string(998, 'x') + "\xe2\x9a\xa1\xe2\x9a\xa1"}) {
    const std::string name = unique_name();
    auto writer = RingWriter::create(name, ring_of(kPage));
    auto reader = RingReader::attach(name, {});
    write(*writer, 10);
    writer->abort(reason);
    CHECK(inspect_arena(name).state == ArenaState::aborted);
    writer->close();
    CHECK_EQ(read(*reader), 0u);
    for (int i = 0; i < 2; ++i) {
      const Error error = require_throws<Error>([&] { static_cast<void>(peek_status(*reader)); });
      CHECK(error.code() == Errc::writer_aborted);
      const std::string told = error.what();
      CHECK(reason.compare(0, told.size(), told) == 0);
      CHECK(told.size() == reason.size() || (told.size() > 996 && told.size() <= 1000));
      CHECK(told.empty() || reason.size() == told.size() ||
            (static_cast<unsigned char>(reason[told.size()]) & 0xC0) != 0x80);
    }
  }
}

TEST_CASE("close ends the arena, abandon leaves it without an end") {
  for (const bool ends : {true, false}) {
    const std::string name = unique_name();
    auto writer = RingWriter::create(name, ring_of(kPage));
    auto reader = RingReader::attach(name, {});
    write(*writer, 10);
    if (ends) {
      writer->close();
    } else {
      writer->abandon();
    }
    CHECK_EQ(read(*reader), 0u);
    if (ends) {
      CHECK(peek_status(*reader) == PeekStatus::ended);
    } else {
      const Error error = require_throws<Error>([&] { static_cast<void>(peek_status(*reader)); });
      CHECK(error.code() == Errc::writer_died);
      CHECK(contains(error.what(), "1 batches were delivered"));
    }
    reader->close();
    CHECK(is_gone(name));
  }
}

TEST_CASE("a claim that is open at the end is given back") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(kPage));
  auto reader = RingReader::attach(name, {});
  const Claim claim = writer->try_claim(100);
  REQUIRE(claim.status == ClaimStatus::claimed);
  writer->end();
  CHECK(code_of([&] { writer->commit(100, 1, 1); }) == Errc::closed);
  CHECK(peek_status(*reader) == PeekStatus::ended);
}

TEST_CASE("waits end at their deadline") {
  const std::string name = unique_name();
  WriterOptions options = ring_of(kPage, 2);
  options.spin_micros = 20;
  auto writer = RingWriter::create(name, options);
  ReaderOptions reader_options;
  reader_options.spin_micros = 20;
  auto reader = RingReader::attach(name, reader_options);
  BatchView batch;
  for (const std::int64_t ms : {0, 1, 30}) {
    CHECK(reader->wait_peek(batch, Deadline::after_ms(ms)) == PeekStatus::empty);
  }
  write(*writer, 10);
  write(*writer, 10);
  for (const std::int64_t ms : {0, 1, 30}) {
    CHECK(writer->claim(10, Deadline::after_ms(ms)).status == ClaimStatus::would_block);
    CHECK(!writer->wait_drained(false, Deadline::after_ms(ms)));
  }
  CHECK(read_all(*reader) == range(0, 2));
  CHECK(writer->wait_drained(false, Deadline::after_ms(0)));
  CHECK(writer->stats().waits > 0);
}

TEST_CASE("a sleeping reader is woken by a batch, by the end, and by an abort") {
  for (const int how : {0, 1, 2}) {
    const std::string name = unique_name();
    auto writer = RingWriter::create(name, ring_of(kPage));
    auto reader = RingReader::attach(name, {});
    std::thread consumer([&] {
      BatchView batch;
      const auto wait = [&] { return reader->wait_peek(batch, soon()); };
      if (how == 0) CHECK(wait() == PeekStatus::ready);
      if (how == 1) CHECK(wait() == PeekStatus::ended);
      if (how == 2) CHECK(code_of([&] { static_cast<void>(wait()); }) == Errc::writer_aborted);
    });
    CHECK(eventually([&] { return inspect_arena(name).readers.at(0).waiting; }));
    if (how == 0) write(*writer, 10);
    if (how == 1) writer->end();
    if (how == 2) writer->abort("");
    consumer.join();
  }
}

TEST_CASE("a writer waits until all has been read, or until the first reader comes") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(kPage));
  write(*writer, 10);
  CHECK(writer->wait_drained(false, Deadline::after_ms(0)));  // nobody is attached
  CHECK(!writer->wait_drained(true, Deadline::after_ms(0)));
  CHECK(writer->arm_reader(WakeBy::semaphore, 0));
  std::thread consumer([&] {
    auto reader = RingReader::attach(name, {});
    CHECK_EQ(read(*reader), 0u);
    CHECK(eventually([&] { return inspect_arena(name).state == ArenaState::ended; }));
  });
  CHECK(writer->wait_drained(true, soon()));
  CHECK(!writer->arm_reader(WakeBy::semaphore, 0));
  writer->end();
  consumer.join();
  CHECK_EQ(writer->stats().joins, 1u);
  CHECK_EQ(writer->stats().readers, 0u);
}

TEST_CASE("an arena can be inspected while it lives") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 * kPage, 8));
  auto reader = RingReader::attach(name, {});
  for (int i = 0; i < 4; ++i) write(*writer, 40'000);
  read(*reader);
  Lease* lease = take(*reader);
  const ArenaInfo info = inspect_arena(name);
  CHECK(info.writer_alive);
  CHECK(info.state == ArenaState::open);
  CHECK_EQ(info.published, 4u);
  CHECK_EQ(info.bytes, 160'000u);
  CHECK_EQ(info.header.writer_pid, static_cast<std::uint32_t>(getpid()));
  REQUIRE(info.readers.size() == 1);
  CHECK_EQ(info.readers[0].pid, static_cast<std::uint32_t>(getpid()));
  CHECK(info.readers[0].alive);
  CHECK(info.readers[0].state == ReaderState::live);
  CHECK_EQ(info.readers[0].cursor, 2u);
  CHECK_EQ(info.readers[0].pin, 1u);
  CHECK_EQ(info.readers[0].lag, 2u);
  CHECK_EQ(info.readers[0].batches, 2u);
  LeaseTable::release(lease);
  CHECK_EQ(inspect_arena(name).readers[0].pin, kNoPin);
  reader->close();
  CHECK(inspect_arena(name).readers.empty());
}

TEST_CASE("many readers of one arena each get everything, in order") {
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, ring_of(64 * kPage, 16));
  constexpr std::uint64_t kReaders = 8;
  const std::uint64_t batches = qads::testing::quick() ? 300 : 2000;
  std::vector<std::thread> consumers;
  for (std::uint64_t r = 0; r < kReaders; ++r) {
    consumers.emplace_back([&name, batches, r] {
      auto reader = RingReader::attach(name, {});
      for (std::uint64_t i = 0; i < batches; ++i) {
        if ((i + r) % 7 == 0) {
          Lease* lease = take(*reader);
          CHECK_EQ(lease->sequence, i);
          LeaseTable::release(lease);
        } else {
          CHECK_EQ(read(*reader), i);
        }
      }
      BatchView batch;
      CHECK(reader->wait_peek(batch, soon()) == PeekStatus::ended);
    });
  }
  CHECK(eventually([&] { return writer->stats().readers == kReaders; }));
  for (std::uint64_t i = 0; i < batches; ++i) write(*writer, 1 + (i * 7919) % 60'000);
  writer->end();
  for (std::thread& consumer : consumers) consumer.join();
  CHECK(writer->wait_drained(true, soon()));
}
