// Scenes in which a reader dies: as it joins, reads, holds, waits, is evacuated, and leaves.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/segment/info.hpp"
#include "crash_scene.hpp"

namespace qads::test {
namespace {

constexpr std::uint64_t kLargeBatch = 40 * kPageBytes;

/// The reader that is to die: its own truth about what came is checked too.
class Dying {
 public:
  Dying(const std::string& name, Diary& diary)
      : diary_(diary), reader_(RingReader::attach(name, {})), expected_(reader_->stats().cursor) {}

  /// False if nothing is there.
  bool look() {
    BatchView batch;
    if (reader_->peek(batch) != PeekStatus::ready) return false;
    CHECK_EQ(batch.sequence, expected_ + batch.lost_count);
    CHECK(is_filled(batch.data, batch.length, batch.sequence));
    expected_ = batch.sequence + 1;
    // Said before it is done: whoever looks afterwards may find less, never more.
    diary_.cursor.store(expected_);
    return true;
  }
  void advance() {
    if (look()) reader_->advance();
  }
  void take() {
    if (look()) leases_.push_back(reader_->take());
  }
  void release_one() {
    check_lease(leases_.back());
    LeaseTable::release(leases_.back());
    leases_.pop_back();
  }
  void release_all() {
    while (!leases_.empty()) release_one();
  }
  void take_and_advance_all() {
    while (look()) {
      if (expected_ % 2 == 0 && leases_.size() < 4) {
        leases_.push_back(reader_->take());
      } else {
        reader_->advance();
      }
    }
  }
  void wait_for_nothing() {
    BatchView batch;
    CHECK(reader_->wait_peek(batch, Deadline::after_ms(2)) == PeekStatus::empty);
  }
  void close() {
    const std::shared_ptr<LeaseTable> table = leases_.empty() ? nullptr : leases_.back()->table;
    reader_->close();
    if (table) CHECK(table->wait_left(soon()));
  }
  RingReader& reader() { return *reader_; }
  bool holds() const { return !leases_.empty(); }

 private:
  Diary& diary_;
  std::unique_ptr<RingReader> reader_;
  std::uint64_t expected_;
  std::vector<Lease*> leases_;
};

void live_as_reader(const std::string& name, const Scene& scene, Diary& diary) {
  Dying dying(name, diary);
  pause_at(diary, 0);
  dying.advance();
  dying.take();
  dying.take();
  pause_at(diary, 1);
  dying.take_and_advance_all();
  if (dying.holds()) dying.release_one();
  pause_at(diary, 2);
  while (dying.look()) dying.reader().advance();
  dying.wait_for_nothing();
  pause_at(diary, 3);
  dying.take();
  if (!scene.variant) dying.release_all();
  dying.close();
  dying.release_all();
}

/// The writer, which survives, and the readers that do.
struct Stage {
  std::string name = unique_name();
  std::unique_ptr<RingWriter> writer;
  std::vector<std::unique_ptr<Survivor>> survivors;
  bool drops;

  explicit Stage(const Scene& scene) : drops(scene.on_full == OnFull::drop_oldest) {
    WriterOptions options = ring_of(kRingBytes, 16, scene.on_full);
    // The place of the dead is the only one that is left for the next.
    options.arena.max_readers = static_cast<std::uint32_t>(scene.readers) + 1;
    writer = RingWriter::create(name, options);
    for (int i = 0; i < 3; ++i) write(*writer, kBatchBytes);
    for (int i = 0; i < scene.readers; ++i) survivors.push_back(std::make_unique<Survivor>(name, drops));
  }

  void read_all() {
    for (auto& survivor : survivors) survivor->read_all();
  }
};

void follow(Stage& stage, Victim& victim) {
  if (!victim.reaches(0)) return;
  stage.read_all();
  victim.release(0);
  if (!victim.reaches(1)) return;
  // In drop-oldest there is always space, at the cost of the victim.
  for (int i = 0; i < 5 && try_write(*stage.writer, kBatchBytes) == ClaimStatus::claimed; ++i)
    stage.read_all();
  if (!stage.drops) static_cast<void>(stage.writer->arm_space(WakeBy::semaphore, 0));
  victim.release(1);
  if (!victim.reaches(2)) return;
  // The ring is read, and held: what is held must be moved, or die with its holder.
  stage.read_all();
  write(*stage.writer, kLargeBatch);
  stage.read_all();
  victim.release(2);
  if (!victim.reaches(3)) return;
  write(*stage.writer, kBatchBytes);
  stage.read_all();
  victim.release(3);
}

/// With the victim gone, nothing of it may be in anybody's way.
void check_stage(Stage& stage, const Diary& diary) {
  RingWriter& writer = *stage.writer;
  stage.read_all();
  {
    // Its place and, if it was the only reader, what it had not read are there for the next.
    Survivor next(stage.name, stage.drops);
    if (!stage.drops && stage.survivors.empty()) CHECK(next.started_at() <= diary.cursor.load());
    next.read_all();
    const Claim claim = writer.claim(kRingBytes, soon());
    REQUIRE(claim.status == ClaimStatus::claimed);
    writer.abort_claim();
    CHECK(writer.wait_drained(false, soon()));
    CHECK_EQ(inspect_arena(stage.name).readers.size(), stage.survivors.size() + 1);
    write(writer, kBatchBytes);
    stage.read_all();
    const std::uint64_t published = writer.stats().batches;
    writer.end();
    CHECK(next.read_to_end() == Errc::ok);
    CHECK_EQ(next.expected(), published);
    for (auto& survivor : stage.survivors) {
      CHECK(survivor->read_to_end() == Errc::ok);
      CHECK_EQ(survivor->expected(), published);
    }
  }
  stage.survivors.clear();
  stage.writer.reset();
  check_name_is_reusable(stage.name);
  CHECK_EQ(left_in_shared_memory(stage.name), "");
}

}  // namespace

/// The variant: it closes with batches held, so that the evacuator is the one that leaves.
std::array<std::uint32_t, kSyncPoints> play_reader(const Scene& scene, Death death, bool& died) {
  Stage stage(scene);
  Victim victim(death, [&](Diary& diary) { live_as_reader(stage.name, scene, diary); });
  follow(stage, victim);
  died = victim.died();
  check_stage(stage, victim.diary());
  return hits_of(victim.diary());
}

/// The victim is the last of all, and the one who should remove the name. The variant as in play_reader.
std::array<std::uint32_t, kSyncPoints> play_last_out(const Scene& scene, Death death, bool& died) {
  Stage stage(scene);
  Victim victim(death, [&](Diary& diary) {
    Dying dying(stage.name, diary);
    dying.take();
    dying.advance();
    pause_at(diary, 0);
    if (!scene.variant) dying.release_all();
    dying.close();
    dying.release_all();
  });
  if (victim.reaches(0)) {
    stage.read_all();
    stage.writer->close();
    for (auto& survivor : stage.survivors) CHECK(survivor->read_to_end() == Errc::ok);
    stage.survivors.clear();
    victim.release(0);
  }
  died = victim.died();
  stage.survivors.clear();
  stage.writer.reset();
  check_name_is_reusable(stage.name);
  CHECK_EQ(left_in_shared_memory(stage.name), "");
  return hits_of(victim.diary());
}

}  // namespace qads::test
