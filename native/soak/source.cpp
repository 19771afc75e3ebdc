#include "source.hpp"

#include <poll.h>

#include <cinttypes>
#include <cstring>
#include <vector>

#include "core/base/clock.hpp"
#include "sink.hpp"

namespace qads::soak {
namespace {

constexpr std::int64_t kClaimMs = 20;
// With everything read and nobody stopped, only leases can be in the way, and those are moved.
constexpr std::uint64_t kStallNs = 20'000'000'000;

}  // namespace

Source::Source(Board& board, const ArenaPlan& plan, Random& random)
    : board_(board), plan_(plan), random_(random) {
  if (plan_.bells) qads_bell_create(&bell_);
}

Source::~Source() {
  if (writer_ != nullptr) finish(Ending::ended);
  qads_bell_free(bell_);
}

bool Source::create() {
  qads_writer_options options;
  qads_writer_options_init(&options);
  options.capacity = plan_.capacity;
  options.slots = plan_.slots;
  options.max_readers = plan_.max_readers;
  options.on_full = plan_.on_full;
  options.spin_micros = plan_.spin_micros;
  id_ = board_.next_incarnation.fetch_add(1);
  incarnation_ = &board_.incarnation(id_);
  incarnation_->attempted = 0;
  incarnation_->committed = 0;
  incarnation_->furthest = 0;
  incarnation_->ending = Ending::open;
  incarnation_->id = id_;
  next_ = 0;
  blocked_since_ns_ = 0;
  if (const int code = qads_writer_create(plan_.name.c_str(), &options, &writer_)) {
    complain(board_, "creating: %s: %s", qads_error_name(code), qads_last_error());
    return false;
  }
  board_.latest[plan_.index] = id_;
  qads_writer_stats stats;
  qads_writer_get_stats(writer_, &stats);
  add(board_.counters.arenas);
  if (stats.generation > 1) add(board_.counters.takeovers);
  return true;
}

int Source::claim(std::uint64_t bytes, qads_claim& claim) {
  if (bell_ == nullptr) return qads_writer_claim(writer_, bytes, random_.chance(20) ? 0 : kClaimMs, &claim);
  int code = qads_writer_claim(writer_, bytes, 0, &claim);
  if (code != QADS_WOULD_BLOCK) return code;
  int wait = 0;
  if (qads_writer_arm(writer_, bell_, &wait) == QADS_OK && wait == 1) {
    pollfd ready{qads_bell_fd(bell_), POLLIN, 0};
    poll(&ready, 1, static_cast<int>(kClaimMs));
    qads_bell_drain(bell_);
    qads_writer_disarm(writer_);
  }
  return qads_writer_claim(writer_, bytes, 0, &claim);
}

void Source::commit(const qads_claim& claim, std::uint64_t length) {
  fill_batch(claim.data, length, board_.seed, id_, next_);
  incarnation_->attempted = next_ + 1;
  std::uint64_t sequence = 0;
  const int code = qads_writer_commit(writer_, length, batch_rows(id_, next_), &sequence);
  if (code != QADS_OK || sequence != next_) {
    complain(board_, "commit of %" PRIu64 " gave code %d, sequence %" PRIu64 ": %s", next_, code, sequence,
             code == QADS_OK ? "" : qads_last_error());
  }
  incarnation_->committed = ++next_;
  add(board_.counters.batches_written);
  add(board_.counters.bytes_written, length);
}

Source::Wrote Source::write() {
  const std::uint64_t length = batch_length(plan_, board_.seed, id_, next_);
  // Some claims are larger than what is committed, as of a program that does not know its batch's size yet.
  const std::uint64_t bytes =
      random_.chance(10) ? length + random_.below(plan_.capacity - length + 1) : length;
  qads_claim claimed{};
  switch (const int code = claim(bytes, claimed)) {
    case QADS_OK:
      break;
    case QADS_WOULD_BLOCK:
      add(board_.counters.claims_blocked);
      look_for_a_stall();
      return Wrote::blocked;
    case QADS_DROPPED:
      add(board_.counters.dropped_newest);
      return Wrote::nothing;
    case QADS_ERR_FULL:
      add(board_.counters.refused_full);
      return Wrote::nothing;
    default:
      complain(board_, "claim of %" PRIu64 " bytes: %s: %s", bytes, qads_error_name(code), qads_last_error());
      return Wrote::nothing;
  }
  blocked_since_ns_ = 0;
  if (random_.chance(5)) {
    std::memset(claimed.data, 0xEE, claimed.length);
    qads_writer_abort_claim(writer_);
    add(board_.counters.claims_aborted);
    return Wrote::nothing;
  }
  commit(claimed, length);
  return Wrote::batch;
}

void Source::look_for_a_stall() {
  const std::uint64_t now = monotonic_ns();
  const std::uint64_t stops = board_.counters.stops.load() + board_.stopped.load();
  qads_writer_stats stats;
  qads_writer_get_stats(writer_, &stats);
  const bool excused = stats.unread > 0 || stats.readers == 0;
  if (blocked_since_ns_ == 0 || excused || stops != stops_then_) {
    blocked_since_ns_ = now;
    stops_then_ = stops;
  } else if (now - blocked_since_ns_ > kStallNs) {
    complain(board_, "%s: stalled at sequence %" PRIu64 " though everything is read", plan_.name.c_str(),
             next_);
    blocked_since_ns_ = now;
  }
}

bool Source::has_readers() {
  qads_writer_stats stats;
  return qads_writer_get_stats(writer_, &stats) == QADS_OK && stats.readers > 0;
}

void Source::finish(Ending how) {
  incarnation_->ending = how;
  switch (how) {
    case Ending::aborted:
      qads_writer_abort(writer_, ("incarnation " + std::to_string(id_)).c_str());
      add(board_.counters.aborts);
      break;
    case Ending::abandoned:
      qads_writer_abandon(writer_);
      add(board_.counters.abandons);
      break;
    default:
      qads_writer_end(writer_);
      add(board_.counters.ends);
  }
  if (random_.chance(30)) static_cast<void>(qads_writer_wait_drained(writer_, 0, 10));
  qads_writer_free(writer_);
  writer_ = nullptr;
}

void Source::settle() {
  ArenaPlan calm = plan_;
  calm.hold_percent = 0;
  calm.bells = false;
  Random fixed(1);
  Sink last(board_, calm, fixed);
  if (!last.attach_for_settling()) return;
  // What readers left unread is still there for the next; then all of the ring must be the writer's again.
  last.read_all();
  qads_claim claimed{};
  int code = QADS_WOULD_BLOCK;
  const Deadline deadline = Deadline::after_ms(20'000);
  do {
    code = qads_writer_claim(writer_, plan_.capacity, 50, &claimed);
  } while (code != QADS_OK && !deadline.passed());
  qads_writer_stats stats;
  qads_writer_get_stats(writer_, &stats);
  if (code != QADS_OK || stats.in_ring != 0) {
    add(board_.counters.slots_leaked, stats.in_ring);
    complain(board_, "%s: %" PRIu64 " slots are held though every reader has left", plan_.name.c_str(),
             stats.in_ring);
  }
  qads_writer_abort_claim(writer_);
  // Looks for the dead on its way.
  static_cast<void>(qads_writer_wait_drained(writer_, 0, 10'000));
  qads_arena_info info;
  std::vector<qads_reader_info> readers(plan_.max_readers);
  qads_inspect_arena(plan_.name.c_str(), &info, readers.data(), readers.size());
  if (info.readers != 1) {
    add(board_.counters.entries_leaked, info.readers - 1);
    complain(board_, "%s: %u entries are in use with one reader", plan_.name.c_str(), info.readers);
  }
  // Once around the slot table and more.
  for (std::uint32_t i = 0; i < plan_.slots + 2; ++i) {
    if (qads_writer_claim(writer_, 64, 10'000, &claimed) != QADS_OK) {
      complain(board_, "%s: slot %u of a ring with nothing unread is not free", plan_.name.c_str(), i);
      break;
    }
    last.expect_length(next_, 64);
    commit(claimed, 64);
    last.read_all();
  }
  finish(Ending::ended);
  last.read_all();
  add(board_.counters.arenas_settled);
}

}  // namespace qads::soak
