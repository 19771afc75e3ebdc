// A process that dies at a chosen step of the protocol, in lockstep with the process that looks at what is
// left.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "processes.hpp"
#include "ring_support.hpp"
#include "sync_hooks.hpp"

namespace qads::test {

inline constexpr std::size_t kSyncPoints = static_cast<std::size_t>(SyncPoint::count);
inline constexpr std::uint64_t kPageBytes = 4096;
inline constexpr std::uint64_t kRingBytes = 64 * kPageBytes;
inline constexpr std::uint64_t kBatchBytes = 10 * kPageBytes;

/// Where a victim dies; SyncPoint::count: nowhere.
struct Death {
  SyncPoint point = SyncPoint::count;
  std::uint32_t occurrence = 1;
};

/// What a victim tells: before and after each step that others can see.
struct Diary {
  std::atomic<int> at{-1};        // the step that the victim has come to
  std::atomic<int> released{-1};  // the step that it may go beyond
  std::atomic<std::uint64_t> attempted{0}, committed{0}, cursor{0};
  std::array<std::atomic<std::uint32_t>, kSyncPoints> hits{};
};

class Victim {
 public:
  /// Forks a process that runs `body` until it reaches its death.
  Victim(Death death, const std::function<void(Diary&)>& body);

  /// Waits for the victim to come to `step`. False if it died before.
  bool reaches(int step);
  void release(int step) { diary_->released.store(step); }
  /// Waits for its end; true if it died where it should. It may also end well: some steps depend on timing.
  bool died();
  const Diary& diary() const { return *diary_; }

 private:
  bool is_dead() const;

  Shared<Diary> diary_;
  Death death_;
  Child child_;
};

/// The victim's end of Victim::reaches and release.
void pause_at(Diary& diary, int step);

/// A reader that survives: knows what must come next.
class Survivor {
 public:
  Survivor(const std::string& name, bool may_lose);
  /// Reads all that is there; takes a lease on each, if wanted, and keeps it.
  void read_all(bool keep = false);
  /// In a thread of its own, from now to the end, asleep as long as nothing comes.
  void read_in_background();
  /// Reads to the end, which must come: `ended` or the error of a writer that died.
  Errc read_to_end();
  void release_all();
  std::uint64_t expected() const { return expected_; }
  std::uint64_t started_at() const { return started_at_; }
  RingReader& reader() { return *reader_; }
  ~Survivor();

 private:
  void check(const BatchView& batch);
  Errc run_to_end();

  std::unique_ptr<RingReader> reader_;
  const bool may_lose_;
  std::uint64_t expected_;
  const std::uint64_t started_at_;
  std::vector<Lease*> kept_;
  std::thread thread_;
  Errc end_ = Errc::ok;
};

/// One arrangement of a victim and its survivors.
struct Scene {
  OnFull on_full;
  int readers;   // that survive
  bool variant;  // each kind of scene says what
};

/// Plays a scene in which the victim dies as told, checks the survivors, and returns the hits of each point.
using Play = std::array<std::uint32_t, kSyncPoints> (*)(const Scene&, Death, bool& died);

std::array<std::uint32_t, kSyncPoints> play_writer(const Scene& scene, Death death, bool& died);
std::array<std::uint32_t, kSyncPoints> play_reader(const Scene& scene, Death death, bool& died);
std::array<std::uint32_t, kSyncPoints> play_takeover(const Scene& scene, Death death, bool& died);
std::array<std::uint32_t, kSyncPoints> play_last_out(const Scene& scene, Death death, bool& died);

/// The name can be an arena again, which works, and nothing is left when it is closed.
void check_name_is_reusable(const std::string& name);

std::array<std::uint32_t, kSyncPoints> hits_of(const Diary& diary);

}  // namespace qads::test
