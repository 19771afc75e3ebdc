// Scenes in which a writer dies: a new arena's, or one that takes over the name of a dead one.
#include <signal.h>

#include <memory>
#include <string>
#include <vector>

#include "crash_scene.hpp"

namespace qads::test {
namespace {

void note_and_write(RingWriter& writer, Diary& diary, int batches) {
  for (int i = 0; i < batches; ++i) {
    const Claim claim = writer.claim(kBatchBytes, Deadline::after_ms(2));
    if (claim.status != ClaimStatus::claimed) return;
    const std::uint64_t sequence = diary.committed.load();
    fill(claim.data, claim.length, sequence);
    diary.attempted.store(sequence + 1);
    CHECK_EQ(writer.commit(claim.length, sequence + 1, 7), sequence);
    diary.committed.store(sequence + 1);
  }
}

void live_as_writer(const std::string& name, const Scene& scene, Diary& diary) {
  auto writer = RingWriter::create(name, ring_of(kRingBytes, 16, scene.on_full));
  pause_at(diary, 0);
  note_and_write(*writer, diary, 4);
  pause_at(diary, 1);
  note_and_write(*writer, diary, 8);
  pause_at(diary, 2);
  note_and_write(*writer, diary, 8);
  writer->end();
  writer->close();
}

/// A reader that is dead already, and has read nothing: it is in the writer's way until it is reaped.
void leave_a_dead_reader(const std::string& name) {
  const Shared<std::atomic<bool>> there;
  Child reader([&] {
    auto dying = RingReader::attach(name, {});
    there->store(true);
    raise(SIGSTOP);
  });
  CHECK(eventually([&] { return there->load(); }));
  reader.kill(SIGKILL);
  CHECK(reader.ended_by(SIGKILL));
}

/// Every survivor gets all that was committed, at most one batch more, and then learns what became of the
/// writer.
void check_survivors(std::vector<std::unique_ptr<Survivor>>& survivors, const Diary& diary, bool died) {
  const std::uint64_t committed = diary.committed.load();
  const std::uint64_t attempted = diary.attempted.load();
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < survivors.size(); ++i) {
    const Errc end = survivors[i]->read_to_end();
    const bool ended_first = diary.hits[static_cast<std::size_t>(SyncPoint::end_state)].load() > 0;
    CHECK(end == (ended_first ? Errc::ok : Errc::writer_died));
    CHECK(died || ended_first);
    const std::uint64_t expected = survivors[i]->expected();
    CHECK(expected >= committed && expected <= attempted);
    if (i == 0) first = expected;
    CHECK_EQ(expected, first);
  }
}

void attach_survivors(std::vector<std::unique_ptr<Survivor>>& survivors, const std::string& name,
                      const Scene& scene) {
  for (int i = 0; i < scene.readers; ++i) {
    survivors.push_back(std::make_unique<Survivor>(name, scene.on_full == OnFull::drop_oldest));
  }
}

void finish(std::vector<std::unique_ptr<Survivor>>& survivors, const std::string& name) {
  check_name_is_reusable(name);
  // Batches that were held all the time are right in spite of the next arena.
  for (auto& survivor : survivors) survivor->release_all();
  survivors.clear();
  CHECK_EQ(left_in_shared_memory(name), "");
}

}  // namespace

/// The variant: the first of the survivors reads all the time, in a thread that sleeps in between; without it
/// all of them read at times, and keep what they read.
std::array<std::uint32_t, kSyncPoints> play_writer(const Scene& scene, Death death, bool& died) {
  const std::string name = unique_name();
  Victim victim(death, [&](Diary& diary) { live_as_writer(name, scene, diary); });
  std::vector<std::unique_ptr<Survivor>> survivors;
  if (victim.reaches(0)) {
    leave_a_dead_reader(name);
    attach_survivors(survivors, name, scene);
    for (std::size_t i = 0; i < survivors.size(); ++i) {
      if (i == 0 && scene.variant) {
        survivors[i]->read_in_background();
      } else {
        CHECK(survivors[i]->reader().arm(WakeBy::semaphore, 0));
      }
    }
    victim.release(0);
    for (int step = 1; step <= 2 && victim.reaches(step); ++step) {
      for (auto& survivor : survivors) survivor->read_all(true);
      victim.release(step);
    }
  } else if (victim.diary().hits[static_cast<std::size_t>(SyncPoint::create_named)].load() > 0) {
    // Named, and its writer dead: who attaches now learns so.
    attach_survivors(survivors, name, scene);
  } else {
    CHECK_EQ(left_in_shared_memory(name), "");
  }
  died = victim.died();
  check_survivors(survivors, victim.diary(), died);
  finish(survivors, name);
  return hits_of(victim.diary());
}

/// The predecessor died with three batches written, of which the survivors hold some.
std::array<std::uint32_t, kSyncPoints> play_takeover(const Scene& scene, Death death, bool& died) {
  const std::string name = unique_name();
  std::vector<std::unique_ptr<Survivor>> survivors;
  Victim predecessor({}, [&](Diary& diary) {
    auto writer = RingWriter::create(name, ring_of(kRingBytes, 16, scene.on_full));
    note_and_write(*writer, diary, 3);
    diary.at.store(0);
    raise(SIGKILL);
  });
  CHECK(predecessor.died());
  attach_survivors(survivors, name, scene);
  for (auto& survivor : survivors) survivor->read_all(true);
  Victim victim(death, [&](Diary& diary) {
    auto writer = RingWriter::create(name, ring_of(kRingBytes, 16, scene.on_full));
    CHECK_EQ(writer->header().generation, 2u);
    note_and_write(*writer, diary, 2);
    writer->close();
  });
  died = victim.died();
  check_survivors(survivors, predecessor.diary(), true);
  finish(survivors, name);
  return hits_of(victim.diary());
}

}  // namespace qads::test
