// When leases in the writer's way are given time.
#include "core/lease/patience.hpp"

#include "testing.hpp"

using qads::Patience;

namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;

/// How many leases in a row are given time while each of them is kept.
int disappointments(Patience& patience) {
  int count = 0;
  for (; patience.grace_ns() > 0; ++count) patience.disappointed();
  return count;
}

}  // namespace

TEST_CASE("leases that are kept are moved at once until one was moved in vain") {
  Patience patience;
  CHECK(disappointments(patience) > 0);
  CHECK_EQ(patience.grace_ns(), 0u);
  patience.moved_lease_ended(60'000 * kMillisecond);
  CHECK_EQ(patience.grace_ns(), 0u);
  patience.moved_lease_ended(kMillisecond);
  CHECK(patience.grace_ns() > 0);
}

TEST_CASE("leases that are kept use the time up that was earned") {
  Patience patience;
  disappointments(patience);
  patience.moved_lease_ended(kMillisecond);
  const int earned = disappointments(patience);
  CHECK(earned > 0);
  patience.moved_lease_ended(kMillisecond);
  patience.rewarded();
  CHECK(disappointments(patience) > earned);
}

TEST_CASE("no more than a few leases are waited for when a program begins to keep everything") {
  Patience patience;
  for (int i = 0; i < 1000; ++i) patience.rewarded();
  CHECK(disappointments(patience) <= 8);
}
