// kill -9 at every step of the protocol: a process dies at each sync point that it comes to, and whoever is
// left reads right bytes, misses nothing without being told, is not held up, and finds space, places and the
// name free.
#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "crash_scene.hpp"

using namespace qads;
using namespace qads::test;

namespace {

[[maybe_unused]] const bool isolated = own_shared_memory();

/// Deaths at each point over all scenes: a point that no scene reaches is a hole in this test.
std::array<std::uint32_t, kSyncPoints> deaths_at{};

struct Tally {
  std::uint32_t cases = 0;
  std::uint32_t deaths = 0;
  std::set<SyncPoint> points;
};

#if defined(__SANITIZE_THREAD__)
// Most of these threads are in different processes, which it does not see; and it makes a fork slow.
constexpr bool kFirstOnly = true;
#else
constexpr bool kFirstOnly = false;
#endif

/// The first time, the second and the last, of as many as there are when nobody dies.
std::vector<std::uint32_t> occurrences(std::uint32_t hits) {
  if (hits == 0) return {};
  std::vector<std::uint32_t> wanted{1};
  if (kFirstOnly || qads::testing::quick()) return wanted;
  if (hits >= 2) wanted.push_back(2);
  if (hits > 2) wanted.push_back(hits);
  return wanted;
}

void play_all(const char* what, Play play, const std::vector<Scene>& scenes) {
  Tally tally;
  for (const Scene& scene : scenes) {
    bool died = false;
    const auto hits = play(scene, {}, died);
    CHECK(!died);
    for (const SyncPoint point : all_sync_points()) {
      for (const std::uint32_t occurrence : occurrences(hits[static_cast<std::size_t>(point)])) {
        const unsigned failures = qads::testing::failures();
        play(scene, {point, occurrence}, died);
        ++tally.cases;
        if (died) {
          ++tally.deaths;
          ++deaths_at[static_cast<std::size_t>(point)];
          tally.points.insert(point);
        }
        if (qads::testing::failures() == failures) continue;
        std::fprintf(stderr, "  ... when %s dies at %s, time %u, policy %u, %d other readers, variant %d\n",
                     what, sync_point_name(point), occurrence, static_cast<unsigned>(scene.on_full),
                     scene.readers, scene.variant ? 1 : 0);
      }
    }
  }
  std::printf("      %s: %zu points, %u cases, %u deaths\n", what, tally.points.size(), tally.cases,
              tally.deaths);
}

std::vector<Scene> scenes(const std::vector<OnFull>& policies, const std::vector<int>& readers,
                          const std::vector<bool>& variants) {
  std::vector<Scene> all;
  for (const OnFull on_full : policies) {
    for (const int count : readers) {
      for (const bool variant : variants) all.push_back({on_full, count, variant});
    }
  }
  return all;
}

const std::vector<OnFull> kPolicies{OnFull::block, OnFull::drop_oldest};

}  // namespace

TEST_CASE("a writer dies at every step: readers get what was committed, and the name is free") {
  std::vector<Scene> all = scenes(kPolicies, {1, 3}, {false, true});
  for (const Scene& scene : scenes(kPolicies, {0}, {false})) all.push_back(scene);
  play_all("a writer", play_writer, all);
}

TEST_CASE("a writer dies at every step of taking over a name: the readers of the old arena do not notice") {
  play_all("a writer that takes over", play_takeover, scenes({OnFull::block}, {0, 1, 3}, {false}));
}

TEST_CASE("a reader dies at every step: its space and its place are free, and what it had not read is kept") {
  play_all("a reader", play_reader, scenes(kPolicies, {0, 1, 3}, {false, true}));
}

TEST_CASE("the last of all dies at every step of leaving: the name is free") {
  play_all("the last to leave", play_last_out, scenes({OnFull::block}, {0, 1, 3}, {false, true}));
}

TEST_CASE("every sync point was one to die at") {
  for (const SyncPoint point : all_sync_points()) {
    if (deaths_at[static_cast<std::size_t>(point)] > 0) continue;
    qads::testing::record_failure({__FILE__, __LINE__},
                                  std::string("no scene reaches ") + sync_point_name(point));
  }
  std::printf("      all: %zu points\n", kSyncPoints);
}
