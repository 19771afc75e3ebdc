// Every call of the kernel that a writer, a reader or an evacuator makes fails in turn, once, or from then
// on. Whatever fails: nobody hangs or crashes, every batch that is delivered is right, and who does not
// finish says why.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "core/wake/bell.hpp"
#include "process_roles.hpp"
#include "refused_calls.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;

namespace {

constexpr std::uint64_t kRing = 64 * kPage;
constexpr std::uint64_t kBatches = 14;
// Long after the slowest scene, on whatever machine.
constexpr unsigned kHangs = 50;
constexpr int kStallsMs = 30'000;

/// Four of the large ones fill the ring.
std::uint64_t length_of(std::uint64_t sequence) { return sequence % 4 == 3 ? 100 : 16 * kPage - 8; }

enum class Role { writer, reader, evacuator };
constexpr const char* kRoles[] = {"writer", "reader", "evacuator"};

/// What became of a party.
struct Outcome {
  std::atomic<bool> gone{false};
  std::atomic<std::uint64_t> batches{0};  // committed, or delivered and right
  std::atomic<bool> finished{false};
  std::atomic<bool> stalled{false};
  std::atomic<unsigned> wrong{0};  // failed checks
  Errc code = Errc::ok;
  char what[300] = {};

  void fail(const Error& error) {
    code = error.code();
    std::strncpy(what, error.what(), sizeof what - 1);
  }
};

struct Scene {
  Outcome writer, reader;
  CallCounts counts;
  bool may_stall = false;
};

Deadline in_a_moment() { return Deadline::after_ms(100); }

class Sleeper {
 public:
  explicit Sleeper(bool by_bell) {
    if (by_bell) bell_ = std::make_unique<Bell>();
  }
  bool by_bell() const { return bell_ != nullptr; }
  std::uint64_t id() const { return bell_->id(); }
  void sleep() const {
    static_cast<void>(bell_->wait(in_a_moment().at_most(100'000'000)));
    bell_->drain();
  }

 private:
  std::unique_ptr<Bell> bell_;
};

Claim claim_space(RingWriter& writer, std::uint64_t bytes, const Sleeper& sleeper) {
  if (!sleeper.by_bell()) return writer.claim(bytes, in_a_moment());
  const Claim claim = writer.try_claim(bytes);
  if (claim.status == ClaimStatus::would_block && writer.arm_space(WakeBy::bell, sleeper.id()))
    sleeper.sleep();
  return claim;
}

void write_all(const std::string& name, Scene& scene, bool by_bell) {
  const Sleeper sleeper(by_bell);
  auto writer = RingWriter::create(name, ring_of(kRing));
  try {
    for (std::uint64_t i = 0; i < kBatches; ++i) {
      Claim claim;
      const Deadline stalls = Deadline::after_ms(scene.may_stall ? 1000 : kStallsMs);
      while ((claim = claim_space(*writer, length_of(i), sleeper)).status != ClaimStatus::claimed) {
        if (scene.reader.gone.load()) return;
        if (!stalls.passed()) continue;
        scene.writer.stalled.store(true);
        return writer->abort("stalled");
      }
      fill(claim.data, claim.length, i);
      CHECK_EQ(writer->commit(claim.length, i + 1, 7), i);
      scene.writer.batches.store(i + 1);
    }
    writer->end();
    while (!writer->wait_drained(true, in_a_moment()) && !scene.reader.gone.load()) {
    }
    scene.writer.finished.store(true);
  } catch (const Error& error) {
    // Else its end would look like a clean one.
    writer->abort(error.what());
    throw;
  }
}

std::unique_ptr<RingReader> attach_when_there(const std::string& name, const Scene& scene) {
  for (;;) {
    const bool last_chance = scene.writer.gone.load();
    try {
      return RingReader::attach(name, {});
    } catch (const Error& error) {
      if (error.code() != Errc::not_found || last_chance) throw;
    }
    usleep(1000);
  }
}

PeekStatus next_batch(RingReader& reader, BatchView& batch, const Sleeper& sleeper) {
  if (!sleeper.by_bell()) return reader.wait_peek(batch, in_a_moment());
  const PeekStatus status = reader.peek(batch);
  if (status == PeekStatus::empty && reader.arm(WakeBy::bell, sleeper.id())) {
    sleeper.sleep();
    reader.disarm();
  }
  return status;
}

void read_all(const std::string& name, Scene& scene, bool by_bell) {
  const Sleeper sleeper(by_bell);
  auto reader = attach_when_there(name, scene);
  std::vector<Lease*> leases;
  for (std::uint64_t next = 0;;) {
    BatchView batch;
    const PeekStatus status = next_batch(*reader, batch, sleeper);
    if (status == PeekStatus::empty) continue;
    if (status == PeekStatus::ended) break;
    CHECK_EQ(batch.sequence, next);
    CHECK_EQ(batch.length, length_of(next));
    CHECK(is_filled(batch.data, batch.length, next));
    // All but one are kept, so that they have to be moved; one is given back after it was.
    leases.push_back(reader->take());
    if (leases.size() == 6) {
      check_lease(leases.front());
      LeaseTable::release(leases.front());
      leases.erase(leases.begin());
    }
    scene.reader.batches.store(++next);
  }
  for (Lease* lease : leases) {
    check_lease(lease);
    LeaseTable::release(lease);
  }
  CHECK_EQ(reader->stats().leases, 0u);
  CHECK_EQ(reader->stats().private_bytes, 0u);
  reader->close();
  scene.reader.finished.store(true);
}

template <typename Act>
Child party(Scene& scene, Outcome& outcome, const Refusal& refusal, bool refused, Caller caller, Act&& act) {
  return Child([&scene, &outcome, refusal, refused, caller, act] {
    alarm(kHangs);
    if (refused) refuse(refusal, caller, scene.counts);
    const unsigned before = qads::testing::failures();
    try {
      act();
    } catch (const Error& error) {
      outcome.fail(error);
    }
    outcome.wrong.store(qads::testing::failures() - before);
    outcome.gone.store(true);
  });
}

/// Errors that a refused call may lead to.
bool is_honest(Errc code) {
  return code == Errc::system || code == Errc::no_space || code == Errc::permission;
}

struct Totals {
  unsigned scenes = 0, refusals = 0, finished = 0, errors = 0;
} totals;

/// Plays it once; returns how often the role made each call.
std::array<std::uint32_t, kCalls> play(Role role, const Refusal& refusal, bool by_bell) {
  const std::string name = unique_name();
  const Shared<Scene> scene;
  // Without a single new mapping nothing can be moved.
  scene->may_stall = role == Role::evacuator && refusal.for_ever && refusal.call == Call::mmap;
  const auto of = [&](bool mine, Outcome& outcome, auto&& act) {
    return party(*scene, outcome, refusal, mine,
                 role == Role::evacuator ? Caller::other_threads : Caller::itself, act);
  };
  Child writer = of(role == Role::writer, scene->writer, [&] { write_all(name, *scene, by_bell); });
  Child reader = of(role != Role::writer, scene->reader, [&] { read_all(name, *scene, by_bell); });
  // The parent's failures are the children's too: what counts is that they came to their ends, and their own.
  const bool whole = WIFEXITED(writer.wait()) && WIFEXITED(reader.wait()) && scene->writer.gone &&
                     scene->reader.gone && scene->writer.wrong + scene->reader.wrong == 0;
  const Outcome& victim = role == Role::writer ? scene->writer : scene->reader;
  const Outcome& other = role == Role::writer ? scene->reader : scene->writer;
  // Who is refused nothing fails only because of the other.
  const bool other_is_right =
      other.code == Errc::ok ||
      (!victim.finished && (other.code == Errc::writer_aborted || other.code == Errc::writer_died ||
                            other.code == Errc::not_found));
  const bool all_read = !scene->reader.finished || (scene->writer.batches.load() == kBatches &&
                                                    scene->reader.batches.load() == kBatches);
  const bool says_why = scene->reader.finished || victim.code != Errc::ok;
  bool right =
      whole && other_is_right && all_read && says_why && (victim.code == Errc::ok || is_honest(victim.code));
  if (scene->writer.stalled) right = whole && scene->may_stall && victim.code == Errc::writer_aborted;
  // Nothing is left of an arena that could not be made.
  const bool unmapped = role == Role::writer && refusal.call == Call::mmap && victim.code != Errc::ok;
  if (unmapped && access(arena_path(name).c_str(), F_OK) == 0) right = false;
  if (!right) {
    qads::testing::record_failure(
        {__FILE__, __LINE__}, std::string(kRoles[static_cast<int>(role)]) + ": " + name_of(refusal.call) +
                                  " " + (refusal.for_ever ? "from " : "at ") + std::to_string(refusal.nth) +
                                  " fails with " + std::strerror(refusal.error) + (by_bell ? ", bells" : "") +
                                  (scene->writer.stalled ? ", stalls" : "") +
                                  "; writer: " + std::to_string(scene->writer.batches) + " batches, " +
                                  error_code_name(scene->writer.code) + " " + scene->writer.what +
                                  "; reader: " + std::to_string(scene->reader.batches) + " batches, " +
                                  error_code_name(scene->reader.code) + " " + scene->reader.what);
  }
  ++totals.scenes;
  totals.refusals += scene->counts.refused;
  ++(victim.code == Errc::ok ? totals.finished : totals.errors);
  unlink(arena_path(name).c_str());
  std::array<std::uint32_t, kCalls> calls{};
  for (std::size_t i = 0; i < kCalls; ++i) calls[i] = scene->counts.calls[i].load();
  return calls;
}

/// What each call may fail with; EINTR only once at a time.
std::vector<int> errors_of(Call call) {
  switch (call) {
    case Call::mmap:
    case Call::mremap:
    case Call::mprotect:
    case Call::madvise:
      return {ENOMEM};
    case Call::open:
      return {EMFILE, EINTR};
    case Call::fcntl:
      return {ENOLCK, EINTR};
    case Call::posix_fallocate:
      return {EIO, EINTR};
    case Call::ppoll:
      return {ENOMEM, EINTR};
    case Call::sem_clockwait:
      return {EINTR};
    case Call::pthread_create:
      return {EAGAIN};
    case Call::write:
    case Call::read:
    case Call::pread:
      return {EIO, EINTR};
    case Call::pwritev2:
      return {EIO, EOPNOTSUPP};
    default:
      return {EIO};
  }
}

/// The short form takes the first calls, and some of the others.
bool is_played(std::uint32_t nth, std::uint32_t count) {
  return !qads::testing::quick() || nth <= 2 || nth == count || (nth & (nth - 1)) == 0;
}

void refuse_all(Role role, bool by_bell) {
  totals = {};
  std::array<std::uint32_t, kCalls> counts = play(role, {}, by_bell);
  const std::array<std::uint32_t, kCalls> again = play(role, {}, by_bell);
  for (std::size_t i = 0; i < kCalls; ++i) counts[i] = std::max(counts[i], again[i]);
  for (std::size_t i = 0; i < kCalls; ++i) {
    const Call call = static_cast<Call>(i);
    for (std::uint32_t nth = 1; nth <= counts[i]; ++nth) {
      if (!is_played(nth, counts[i])) continue;
      for (const int error : errors_of(call)) {
        play(role, {call, error, nth, false}, by_bell);
        if (error != EINTR) play(role, {call, error, nth, true}, by_bell);
      }
    }
  }
  CHECK(totals.refusals > 0);
  std::printf("%s, %s: %u scenes, %u calls refused, %u finished in spite of it, %u ended with an error\n",
              kRoles[static_cast<int>(role)], by_bell ? "bells" : "semaphores", totals.scenes,
              totals.refusals, totals.finished, totals.errors);
}

}  // namespace

TEST_CASE("every call of a writer is refused") { refuse_all(Role::writer, false); }
TEST_CASE("every call of a writer that sleeps on a bell is refused") { refuse_all(Role::writer, true); }
TEST_CASE("every call of a reader is refused") { refuse_all(Role::reader, false); }
TEST_CASE("every call of a reader that sleeps on a bell is refused") { refuse_all(Role::reader, true); }
TEST_CASE("every call of an evacuator is refused") { refuse_all(Role::evacuator, false); }
