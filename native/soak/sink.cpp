#include "sink.hpp"

#include <dirent.h>
#include <poll.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include "test/support.hpp"

namespace qads::soak {
namespace {

constexpr std::int64_t kPeekMs = 20;
constexpr std::uint64_t kStatsEvery = 32;

std::size_t count_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc/self/fd"), closedir);
  std::size_t count = 0;
  while (directory && readdir(directory.get()) != nullptr) ++count;
  return count;
}

std::size_t count_arena_mappings() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/maps", "re"),
                                                             std::fclose);
  char line[1024];
  std::size_t count = 0;
  while (file && std::fgets(line, sizeof line, file.get()) != nullptr) {
    if (std::strstr(line, " /dev/shm/") != nullptr) ++count;
  }
  return count;
}

}  // namespace

Sink::Sink(Board& board, const ArenaPlan& plan, Random& random)
    : board_(board), plan_(plan), random_(random), descriptors_before_(count_descriptors()) {
  if (plan_.bells) qads_bell_create(&bell_);
}

Sink::~Sink() {
  leave();
  release_all();
  qads_bell_free(bell_);
}

bool Sink::attach() {
  std::int64_t from = QADS_FROM_EARLIEST;
  if (!plan_.from_earliest && random_.chance(40)) {
    const std::uint64_t latest = board_.incarnation(board_.latest[plan_.index].load()).committed.load();
    from = random_.chance(50) ? QADS_FROM_LATEST : static_cast<std::int64_t>(random_.below(latest + 1));
  }
  return attach_from(from);
}

bool Sink::attach_for_settling() {
  patient_ = false;
  if (attach_from(QADS_FROM_EARLIEST)) return true;
  complain(board_, "%s: nobody can join it though every reader has left: %s", plan_.name.c_str(),
           qads_last_error());
  return false;
}

bool Sink::attach_from(std::int64_t from) {
  qads_reader_options options;
  qads_reader_options_init(&options);
  options.from = from;
  options.spin_micros = plan_.spin_micros;
  options.unverified = 1;  // the pattern is no Arrow
  switch (const int code = qads_reader_attach(plan_.name.c_str(), &options, &reader_)) {
    case QADS_OK:
      break;
    case QADS_ERR_NOT_FOUND:
    case QADS_ERR_TOO_MANY_READERS:
      return false;
    case QADS_ERR_INVALID_ARGUMENT:
      if (from >= 0) return false;  // the arena that had so many batches was replaced meanwhile
      [[fallthrough]];
    default:
      complain(board_, "attaching: %s: %s", qads_error_name(code), qads_last_error());
      return false;
  }
  qads_reader_get_stats(reader_, &counted_);
  from_ = from;
  expected_ = from >= 0 ? static_cast<std::uint64_t>(from) : counted_.cursor;
  counted_.lost = counted_.evacuations = counted_.bytes_copied = 0;
  id_ = 0;
  reported_ = 0;
  add(board_.counters.joins);
  return true;
}

int Sink::peek(qads_batch& batch) {
  if (bell_ == nullptr)
    return qads_reader_peek(reader_, patient_ && !random_.chance(20) ? kPeekMs : 0, &batch);
  const int code = qads_reader_peek(reader_, 0, &batch);
  if (code != QADS_EMPTY) return code;
  int wait = 0;
  if (qads_reader_arm(reader_, bell_, &wait) == QADS_OK && wait == 1) {
    pollfd ready{qads_bell_fd(bell_), POLLIN, 0};
    poll(&ready, 1, static_cast<int>(kPeekMs));
    qads_bell_drain(bell_);
    qads_reader_disarm(reader_);
  }
  return qads_reader_peek(reader_, 0, &batch);
}

void Sink::check_first(const qads_batch& batch) {
  id_ = incarnation_of(batch.data);
  if (id_ == 0 || id_ >= board_.next_incarnation.load() || board_.incarnation(id_).id.load() != id_) {
    complain(board_, "%s: batch %" PRIu64 " names incarnation %" PRIu64 ", which never was",
             plan_.name.c_str(), batch.sequence, id_);
    return;
  }
  const std::uint64_t furthest = board_.incarnation(id_).furthest.load();
  if (plan_.from_earliest && plan_.on_full != QADS_DROP_OLDEST && batch.sequence > furthest) {
    complain(board_, "%s: a reader began at %" PRIu64 ", and nobody had read beyond %" PRIu64,
             plan_.name.c_str(), batch.sequence, furthest);
  }
}

void Sink::check(const qads_batch& batch) {
  const bool first = id_ == 0;
  if (first) check_first(batch);
  if (batch.lost_count > 0) {
    // Other arenas lose nothing; but who asks for a sequence that is gone is told so with the first batch.
    const bool may_lose = plan_.on_full == QADS_DROP_OLDEST || (first && from_ >= 0);
    if (!may_lose || batch.lost_first != expected_) {
      complain(board_, "%s: lost %" PRIu64 " from %" PRIu64 " reported at %" PRIu64 ", expected was %" PRIu64,
               plan_.name.c_str(), batch.lost_count, batch.lost_first, batch.sequence, expected_);
    }
    expected_ += batch.lost_count;
    reported_ += batch.lost_count;
    add(board_.counters.loss_reports);
    add(board_.counters.batches_lost, batch.lost_count);
  }
  if (batch.sequence != expected_) {
    complain(board_, "%s: batch %" PRIu64 " came where %" PRIu64 " was due", plan_.name.c_str(),
             batch.sequence, expected_);
  }
  expected_ = batch.sequence + 1;
  if (batch.sequence >= board_.incarnation(id_).attempted.load()) {
    complain(board_, "%s: batch %" PRIu64 " was never written", plan_.name.c_str(), batch.sequence);
  }
  const std::uint64_t length = batch.sequence == other_length_at_
                                   ? other_length_
                                   : batch_length(plan_, board_.seed, id_, batch.sequence);
  if (batch.length != length || batch.rows != batch_rows(id_, batch.sequence) ||
      !is_batch(batch.data, batch.length, board_.seed, id_, batch.sequence)) {
    complain(board_,
             "%s: batch %" PRIu64 " of incarnation %" PRIu64 " has wrong bytes (length %" PRIu64
             ", due %" PRIu64 ")",
             plan_.name.c_str(), batch.sequence, id_, batch.length, length);
  }
}

void Sink::consume(const qads_batch& batch) {
  const bool hold = random_.chance(plan_.hold_percent) && batch.length <= plan_.held_bytes;
  while (hold && held_bytes_ + batch.length > plan_.held_bytes) release(random_.below(held_.size()));
  raise_to(board_.incarnation(id_).furthest, batch.sequence + 1);
  if (!hold) {
    qads_reader_advance(reader_);
    return;
  }
  Held held{nullptr, nullptr, batch.length, id_, batch.sequence};
  if (const int code = qads_reader_take(reader_, &held.lease, &held.data)) {
    complain(board_, "taking: %s: %s", qads_error_name(code), qads_last_error());
    return;
  }
  add(board_.counters.leases);
  held_bytes_ += batch.length;
  held_.push_back(held);
}

Sink::Read Sink::check_end(int code, const qads_batch& batch) {
  count_stats();
  std::uint64_t pending = counted_.lost - reported_;
  const bool ended = code == QADS_ENDED;
  if (ended && batch.lost_count != pending) {
    complain(board_, "%s: the end reports %" PRIu64 " lost batches, %" PRIu64 " are", plan_.name.c_str(),
             batch.lost_count, pending);
  }
  if (pending > 0) {
    add(board_.counters.loss_reports);
    add(board_.counters.batches_lost, pending);
  }
  const std::string message = ended ? "" : qads_last_error();
  if (id_ != 0) {
    const Incarnation& writer = board_.incarnation(id_);
    const std::uint64_t at = expected_ + pending;
    const Ending ending = writer.ending.load();
    const bool right_kind = code == QADS_ERR_WRITER_DIED      ? true
                            : code == QADS_ERR_WRITER_ABORTED ? ending == Ending::aborted
                                                              : ending == Ending::ended;
    if (at < writer.committed.load() || at > writer.attempted.load() || !right_kind) {
      complain(board_,
               "%s: %s after %" PRIu64 " batches, of which %" PRIu64 " were lost; %" PRIu64 " to %" PRIu64
               " were written",
               plan_.name.c_str(), ended ? "the end" : qads_error_name(code), at, counted_.lost,
               writer.committed.load(), writer.attempted.load());
    }
    if (code == QADS_ERR_WRITER_ABORTED && message != "incarnation " + std::to_string(id_)) {
      complain(board_, "%s: aborted for \"%s\"", plan_.name.c_str(), message.c_str());
    }
  }
  if (code == QADS_ERR_WRITER_DIED) add(board_.counters.deaths_seen);
  leave();
  return Read::over;
}

Sink::Read Sink::read() {
  qads_batch batch;
  switch (const int code = peek(batch)) {
    case QADS_OK:
      check(batch);
      add(board_.counters.batches_read);
      add(board_.counters.bytes_read, batch.length);
      consume(batch);
      if (++batches_ % kStatsEvery == 0) count_stats();
      return Read::batch;
    case QADS_EMPTY:
      return Read::nothing;
    case QADS_ENDED:
    case QADS_ERR_WRITER_DIED:
    case QADS_ERR_WRITER_ABORTED:
      return check_end(code, batch);
    default:
      complain(board_, "reading: %s: %s", qads_error_name(code), qads_last_error());
      leave();
      return Read::over;
  }
}

void Sink::read_all() {
  while (is_attached() && read() == Read::batch) {
  }
}

void Sink::expect_length(std::uint64_t sequence, std::uint64_t length) {
  other_length_at_ = sequence;
  other_length_ = length;
}

void Sink::count_stats() {
  qads_reader_stats now;
  if (qads_reader_get_stats(reader_, &now) != QADS_OK) return;
  add(board_.counters.evacuations, now.evacuations - counted_.evacuations);
  add(board_.counters.bytes_copied, now.bytes_copied - counted_.bytes_copied);
  counted_ = now;
}

void Sink::leave() {
  if (reader_ == nullptr) return;
  count_stats();
  if (held_.empty() && (counted_.leases != 0 || counted_.private_bytes != 0)) {
    // A lease that was released while it was being moved is the evacuator's to finish.
    test::eventually([&] {
      count_stats();
      return counted_.leases == 0 && counted_.private_bytes == 0;
    });
    add(board_.counters.leases_leaked, counted_.leases);
    add(board_.counters.private_bytes_leaked, counted_.private_bytes);
    if (counted_.leases + counted_.private_bytes > 0) {
      complain(board_, "%s: %" PRIu64 " leases and %" PRIu64 " private bytes are left of none held",
               plan_.name.c_str(), counted_.leases, counted_.private_bytes);
    }
  }
  qads_reader_free(reader_);
  reader_ = nullptr;
  add(board_.counters.leaves);
}

void Sink::release(std::size_t at) {
  const Held held = held_[at];
  held_[at] = held_.back();
  held_.pop_back();
  held_bytes_ -= held.length;
  if (!is_batch(held.data, held.length, board_.seed, held.incarnation, held.sequence)) {
    complain(board_, "%s: batch %" PRIu64 " of incarnation %" PRIu64 " has wrong bytes after it was held",
             plan_.name.c_str(), held.sequence, held.incarnation);
  }
  add(board_.counters.leases_verified);
  if (random_.chance(5)) {
    std::thread([lease = held.lease] { qads_lease_release(lease); }).join();
  } else {
    qads_lease_release(held.lease);
  }
}

void Sink::release_some() {
  for (std::uint64_t count = held_.empty() ? 0 : random_.below(held_.size() + 1); count > 0; --count) {
    release(random_.below(held_.size()));
  }
}

void Sink::release_all() {
  while (!held_.empty()) release(held_.size() - 1);
}

void Sink::look_for_leaks() {
  std::size_t mappings = 0, descriptors = 0;
  const std::size_t bell = bell_ == nullptr ? 0 : 1;
  // The evacuator's thread ends on its own time.
  const bool clean = test::eventually([&] {
    mappings = count_arena_mappings();
    descriptors = count_descriptors();
    return mappings == 0 && descriptors <= descriptors_before_ + bell;
  });
  if (clean) return;
  add(board_.counters.mappings_leaked, mappings);
  add(board_.counters.descriptors_leaked, descriptors - descriptors_before_);
  complain(board_, "%s: %zu mappings and %zu descriptors are left in a process that has closed everything",
           plan_.name.c_str(), mappings, descriptors - descriptors_before_);
}

}  // namespace qads::soak
