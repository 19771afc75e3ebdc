// Random programs on real rings, compared step by step with a plain model. A failure prints the seed; run one
// seed again with QADS_SEED=<seed>, and more of them with QADS_PROGRAMS=<count>.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/ring/reader.hpp"
#include "core/ring/writer.hpp"
#include "random.hpp"
#include "ring_model.hpp"
#include "support.hpp"
#include "testing.hpp"

using namespace qads;
using namespace qads::test;
using qads::testing::failures;
using qads::testing::require_throws;

namespace {

struct HeldLease {
  int reader;
  Lease* lease;
  std::uint64_t sequence, length;
  const std::uint8_t* data;
};

/// One random program: a writer, some readers, and what they hold.
class Program {
 public:
  explicit Program(std::uint64_t seed)
      : random_(seed),
        name_(unique_name()),
        page_(static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))),
        options_(random_options()),
        model_(options_.arena.on_full, Geometry::align_up(options_.arena.capacity, page_),
               options_.arena.slots, page_),
        weight_write_(random_.between(1, 6)),
        weight_read_(random_.between(1, 8)),
        hold_percent_(random_.chance(30) ? 0 : random_.below(101)) {
    writer_ = RingWriter::create(name_, options_);
  }

  void run(int steps) {
    for (int i = 0; i < steps && failures() == 0; ++i) step();
    if (failures() == 0) finish();
  }

 private:
  WriterOptions random_options() {
    WriterOptions options;
    const std::uint64_t pages = random_.chance(40) ? random_.between(1, 4) : random_.between(8, 80);
    options.arena.capacity = pages * page_ - (random_.chance(50) ? random_.below(page_) : 0);
    options.arena.slots =
        static_cast<std::uint32_t>(random_.chance(50) ? random_.between(2, 6) : random_.between(7, 300));
    options.arena.max_readers = static_cast<std::uint32_t>(random_.between(1, 4));
    options.arena.on_full = static_cast<OnFull>(random_.below(4));
    return options;
  }

  std::uint64_t random_length() {
    const std::uint64_t capacity = model_.capacity;
    std::uint64_t length = 0;
    switch (random_.below(8)) {
      case 0:
        length = random_.between(1, 200);
        break;
      case 1:
        length = kSmallAlignment * random_.between(1, 64) + random_.between(0, 2) - 1;
        break;
      case 2:
        length = page_ * random_.between(1, capacity / page_) + random_.between(0, 2) - 1;
        break;
      case 3:
        length = kLeaseThreshold + random_.between(0, 2) - 1;
        break;
      case 4:
        length = kLeaseThreshold + random_.below(3 * page_);
        break;
      case 5:
        length = capacity - random_.below(3);
        break;
      default:
        length = random_.between(1, std::max<std::uint64_t>(capacity / 3, 1));
    }
    return std::min(std::max<std::uint64_t>(length, 1), capacity);
  }

  void step() {
    const std::uint64_t total = weight_write_ + weight_read_ + 2;
    const std::uint64_t dice = random_.below(total);
    if (dice < weight_write_) return write();
    if (dice < weight_write_ + weight_read_) return readers_.empty() ? join() : read();
    switch (random_.below(6)) {
      case 0:
      case 1:
        return join();
      case 2:
        return leave();
      case 3:
        return misuse();
      default:
        return release();
    }
  }

  bool lease_in_the_way(std::uint64_t needed) const {
    for (const HeldLease& held : leases_) {
      if (held.sequence < needed && held.length >= kLeaseThreshold) return true;
    }
    // One that was released while it was being moved is in the way until the copy is done.
    const auto released = released_.lower_bound(model_.oldest_low);
    return released != released_.end() && *released < needed;
  }

  bool last_taken_in_the_way(std::uint64_t needed) const {
    for (const HeldLease& held : leases_) {
      if (held.sequence >= needed || held.length < kLeaseThreshold) continue;
      const auto reader = model_.readers.find(held.reader);
      if (reader == model_.readers.end() || model_.on_full == OnFull::drop_oldest) continue;
      if (reader->second.cursor == held.sequence + 1 && reader->second.cursor < model_.next) return true;
    }
    return false;
  }

  void write() {
    const std::uint64_t bytes = random_length();
    const std::uint64_t needed = model_.needed_for(bytes);
    const bool skips = model_.on_full == OnFull::drop_oldest && needed > model_.oldest_low;
    if (skips) model_.skip_slow_readers(needed);
    const bool room = model_.unread_from() >= needed && !model_.is_looked_at_below(needed);
    // A held batch is moved away by another thread, soon; not so the one that a reader with unread batches
    // took last: that reader is slow.
    const bool held = lease_in_the_way(needed);
    const bool worked_on = last_taken_in_the_way(needed);
    Claim claim{};
    if (!room) {
      expect_full(bytes);
      return;
    }
    try {
      claim = writer_->claim(bytes, Deadline::after_ms(worked_on ? 0 : 60'000));
    } catch (const Error& error) {
      CHECK(held && model_.on_full == OnFull::error && error.code() == Errc::full);
      return;
    }
    if (worked_on && claim.status == ClaimStatus::would_block) return;
    if (claim.status == ClaimStatus::dropped) {
      CHECK(held && model_.on_full == OnFull::drop_newest);
      ++model_.dropped_newest;
      return;
    }
    REQUIRE(claim.status == ClaimStatus::claimed);
    model_.reclaimed(needed);
    CHECK_EQ(claim.length, bytes);
    CHECK_EQ(claim.offset, model_.position_for(bytes) % model_.capacity);
    CHECK(claim.data == writer_->ring() + claim.offset);
    if (random_.chance(7)) {
      // What was put into an aborted claim is nobody's.
      fill(claim.data, bytes, ~model_.next);
      return writer_->abort_claim();
    }
    if (random_.chance(3)) {
      CHECK(require_throws<Error>([&] { static_cast<void>(writer_->try_claim(1)); }).code() ==
            Errc::invalid_argument);
    }
    const std::uint64_t used = random_.chance(20) ? random_.between(1, bytes) : bytes;
    fill(claim.data, used, model_.next);
    const std::uint64_t rows = random_.next(), fingerprint = random_.next();
    CHECK_EQ(writer_->commit(used, rows, fingerprint), model_.next);
    model_.commit(bytes, used, rows, fingerprint);
  }

  void expect_full(std::uint64_t bytes) {
    switch (model_.on_full) {
      case OnFull::drop_newest:
        CHECK(writer_->try_claim(bytes).status == ClaimStatus::dropped);
        ++model_.dropped_newest;
        return;
      case OnFull::error:
        CHECK(require_throws<Error>([&] { static_cast<void>(writer_->try_claim(bytes)); }).code() ==
              Errc::full);
        return;
      default:
        CHECK(writer_->try_claim(bytes).status == ClaimStatus::would_block);
        CHECK(writer_->arm_space(WakeBy::semaphore, 0));
        writer_->disarm();
    }
  }

  void join() {
    const int id = next_reader_++;
    ReaderOptions options;
    const std::uint64_t how = random_.below(3);
    if (how == 1) options.from = kFromLatest;
    if (how == 2) options.from = static_cast<std::int64_t>(random_.below(model_.next + 3));
    if (readers_.size() >= options_.arena.max_readers) {
      CHECK(require_throws<Error>([&] { RingReader::attach(name_, options); }).code() ==
            Errc::too_many_readers);
      return;
    }
    if (how == 2 && static_cast<std::uint64_t>(options.from) > model_.next) {
      const Error error = require_throws<Error>([&] { attach(options); });
      CHECK(error.code() == Errc::invalid_argument);
      return;
    }
    auto reader = attach(options);
    const std::uint64_t start = reader->stats().cursor;
    CHECK(start <= model_.next);
    ModelReader& known = model_.readers[id];
    known.cursor = known.expected = start;
    if (how == 1) {
      CHECK_EQ(start, model_.next);
    } else {
      const std::uint64_t asked = how == 0 ? start : static_cast<std::uint64_t>(options.from);
      CHECK(start >= asked);
      if (start > asked) {
        known.lost_first = asked;
        known.lost_ever = known.lost_count = start - asked;
      }
      if (how == 0 || start > asked) CHECK(start >= model_.oldest_low && start <= model_.oldest_high);
    }
    readers_[id] = std::move(reader);
  }

  /// A reader that closed with leases has its entry until they are moved.
  std::unique_ptr<RingReader> attach(const ReaderOptions& options) {
    std::unique_ptr<RingReader> reader;
    REQUIRE(eventually([&] {
      try {
        reader = RingReader::attach(name_, options);
        return true;
      } catch (const Error& error) {
        if (error.code() != Errc::too_many_readers) throw;
        return false;
      }
    }));
    return reader;
  }

  int any_reader() {
    auto chosen = readers_.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(random_.below(readers_.size())));
    return chosen->first;
  }

  void read() {
    const int id = any_reader();
    const std::uint64_t count = random_.between(1, 4);
    for (std::uint64_t i = 0; i < count && failures() == 0; ++i) {
      if (!peek(id, PeekStatus::empty)) return;
      if (random_.chance(15)) return;  // looked at and left for later
      step_reader(id, random_.below(100) < hold_percent_);
    }
  }

  bool peek(int id, PeekStatus otherwise) {
    RingReader& reader = *readers_.at(id);
    ModelReader& known = model_.readers.at(id);
    const bool again = known.peeked.has_value();
    const ModelBatch* expected = model_.peek(known);
    BatchView batch;
    const PeekStatus status = reader.peek(batch);
    CHECK(status == (expected != nullptr ? PeekStatus::ready : otherwise));
    if (status != PeekStatus::ready || expected == nullptr) {
      if (status == PeekStatus::ended) CHECK_EQ(batch.lost_count, known.lost_count);
      return false;
    }
    CHECK_EQ(batch.sequence, expected->sequence);
    CHECK_EQ(batch.length, expected->length);
    CHECK_EQ(batch.rows, expected->rows);
    CHECK_EQ(batch.fingerprint, expected->fingerprint);
    CHECK_EQ(batch.lost_count, known.lost_count);
    if (known.lost_count > 0) CHECK_EQ(batch.lost_first, known.lost_first);
    if (!again || random_.chance(30)) CHECK(is_filled(batch.data, batch.length, batch.sequence));
    return true;
  }

  void step_reader(int id, bool keep) {
    RingReader& reader = *readers_.at(id);
    ModelReader& known = model_.readers.at(id);
    const ModelBatch batch = *model_.peek(known);
    if (keep) {
      Lease* lease = reader.take();
      CHECK_EQ(lease->sequence, batch.sequence);
      CHECK_EQ(lease->length, batch.length);
      leases_.push_back({id, lease, batch.sequence, batch.length, lease->data});
      if (leases_.size() > 40) release();
    } else {
      reader.advance();
    }
    known.lost_count = 0;
    model_.step(known);
    CHECK_EQ(reader.stats().cursor, known.expected);
    CHECK_EQ(reader.lag(), model_.next - known.expected);
  }

  void release() {
    if (leases_.empty()) return;
    const auto at = leases_.begin() + static_cast<std::ptrdiff_t>(random_.below(leases_.size()));
    const HeldLease held = *at;
    leases_.erase(at);
    check(held);
    if (held.length >= kLeaseThreshold) released_.insert(held.sequence);
    LeaseTable::release(held.lease);
  }

  static void check(const HeldLease& held) {
    CHECK(held.lease->data == held.data);
    CHECK(is_filled(held.data, held.length, held.sequence));
  }

  void leave() {
    if (readers_.empty()) return;
    const int id = any_reader();
    CHECK_EQ(readers_.at(id)->stats().lost, model_.readers.at(id).lost_ever);
    readers_.at(id)->close();
    if (random_.chance(50)) {
      const auto code = require_throws<Error>([&] { static_cast<void>(readers_.at(id)->lag()); }).code();
      CHECK(code == Errc::closed);
    }
    readers_.erase(id);
    model_.leave(id);
  }

  void misuse() {
    CHECK(require_throws<Error>([&] { static_cast<void>(writer_->try_claim(0)); }).code() ==
          Errc::invalid_argument);
    CHECK(require_throws<Error>([&] { static_cast<void>(writer_->try_claim(model_.capacity + 1)); }).code() ==
          Errc::batch_too_large);
    CHECK(require_throws<Error>([&] { writer_->commit(1, 1, 1); }).code() == Errc::invalid_argument);
    if (readers_.empty()) return;
    const int id = any_reader();
    if (model_.readers.at(id).peeked) return;
    CHECK(require_throws<Error>([&] { readers_.at(id)->advance(); }).code() == Errc::invalid_argument);
    CHECK(require_throws<Error>([&] { static_cast<void>(readers_.at(id)->take()); }).code() ==
          Errc::invalid_argument);
  }

  void finish() {
    const WriterStats stats = writer_->stats();
    CHECK_EQ(stats.batches, model_.next);
    CHECK_EQ(stats.dropped_newest, model_.dropped_newest);
    CHECK_EQ(stats.dropped_oldest, model_.dropped_oldest);
    CHECK_EQ(stats.readers, readers_.size());
    if (model_.on_full != OnFull::drop_oldest) CHECK_EQ(stats.unread, model_.next - model_.unread_from());
    writer_->end();
    for (const auto& [id, reader] : readers_) {
      while (failures() == 0 && peek(id, PeekStatus::ended)) step_reader(id, random_.chance(20));
    }
    if (random_.chance(50)) writer_->close();
    while (!readers_.empty() && failures() == 0) leave();
    for (const HeldLease& held : leases_) check(held);
    writer_->close();
    while (!leases_.empty()) release();
    // Whoever is last removes the name: here perhaps the thread that moves a closed reader's batches.
    CHECK(eventually([&] { return list_arena_names_with(name_).empty(); }));
  }

  Random random_;
  const std::string name_;
  const std::uint64_t page_;
  const WriterOptions options_;
  RingModel model_;
  const std::uint64_t weight_write_, weight_read_, hold_percent_;
  std::unique_ptr<RingWriter> writer_;
  std::map<int, std::unique_ptr<RingReader>> readers_;
  std::vector<HeldLease> leases_;
  std::set<std::uint64_t> released_;
  int next_reader_ = 0;
};

std::uint64_t number_from_environment(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 0) : otherwise;
}

}  // namespace

TEST_CASE("random programs see what a plain queue predicts") {
  const std::uint64_t programs = number_from_environment("QADS_PROGRAMS", qads::testing::quick() ? 60 : 400);
  const std::uint64_t first = number_from_environment("QADS_SEED", 1);
  const std::uint64_t last = std::getenv("QADS_SEED") != nullptr ? first : first + programs - 1;
  for (std::uint64_t seed = first; seed <= last && failures() == 0; ++seed) {
    std::string what;
    try {
      Program(seed).run(400);
    } catch (const std::exception& error) {
      what = error.what();
      CHECK_EQ(what, "");
    } catch (const qads::testing::CaseEnded&) {
    }
    if (failures() != 0)
      std::fprintf(stderr, "failed with QADS_SEED=%llu\n", static_cast<unsigned long long>(seed));
  }
}

TEST_CASE("a ring of one page wraps at every offset with batches of every kind of length") {
  WriterOptions options;
  options.arena.capacity = 1;
  options.arena.slots = 4;
  const std::string name = unique_name();
  auto writer = RingWriter::create(name, options);
  auto reader = RingReader::attach(name, {});
  const std::uint64_t capacity = writer->header().ring_capacity;
  std::uint64_t sequence = 0;
  const auto pass = [&](std::uint64_t length) {
    const Claim claim = writer->try_claim(length);
    REQUIRE(claim.status == ClaimStatus::claimed);
    fill(claim.data, length, sequence);
    writer->commit(length, 1, 1);
    BatchView batch;
    REQUIRE(reader->peek(batch) == PeekStatus::ready);
    CHECK_EQ(batch.sequence, sequence);
    CHECK_EQ(batch.length, length);
    REQUIRE(is_filled(batch.data, length, sequence));
    reader->advance();
    ++sequence;
    return Geometry::align_up(claim.offset + length, kSmallAlignment) % capacity;
  };
  std::uint64_t tail = 0;
  const std::uint64_t stride = qads::testing::quick() ? 509 : 61;
  for (std::uint64_t start = 0; start < capacity; start += kSmallAlignment) {
    for (std::uint64_t length = 1; length <= capacity; length += length == 1 ? 62 : stride) {
      const std::uint64_t gap = (start + capacity - tail) % capacity;
      if (gap > 0) tail = pass(gap);
      CHECK_EQ(tail, start);
      tail = pass(length);
    }
    tail = pass(capacity);
  }
}
