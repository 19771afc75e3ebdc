#include "reader.hpp"

#include <memory>
#include <utility>

#include "slot.hpp"
#include "waiting.hpp"

namespace qads::python {

Reader::Reader(const std::string& name, std::int64_t from, std::uint32_t spin_micros, std::uint32_t verify) {
  qads_reader_options options;
  qads_reader_options_init(&options);
  options.from = from;
  options.spin_micros = spin_micros;
  options.verify = verify;
  const char* const arena = checked_name(name);
  checked(without_gil([&] { return qads_reader_attach(arena, &options, &handle_); }));
  leave_core_at_exit();
}

nanobind::object Reader::next(double seconds) {
  auto slot = std::make_unique<Slot>();
  BatchFacts facts;
  const auto attempt = [&](std::int64_t timeout_ms) {
    qads_batch batch{};
    int status = qads_reader_peek(handle_, timeout_ms, &batch);
    facts.lost_first = batch.lost_first;
    facts.lost_count = status == QADS_OK || status == QADS_ENDED ? batch.lost_count : 0;
    if (status != QADS_OK) return status;
    status = slot->take(handle_, batch);
    facts = {batch.sequence,   batch.rows,       batch.length,  batch.commit_ns,
             batch.lost_first, batch.lost_count, slot->in_place};
    return status;
  };
  // A look at every value may take long: other threads run meanwhile.
  const bool brief = verifies() != QADS_VERIFY_VALUES;
  const int status = wait_for(turnstile_, seconds, QADS_EMPTY, brief, attempt);
  if (status == QADS_EMPTY) return nanobind::bool_(false);
  if (!ended_) {
    lost_first_ = facts.lost_first;
    lost_count_ = facts.lost_count;
  }
  ended_ = status == QADS_ENDED;
  if (ended_) return nanobind::none();
  last_ = facts;
  has_last_ = true;
  return nanobind::cast(slot.release(), nanobind::rv_policy::take_ownership);
}

nanobind::object Reader::last() const {
  if (!has_last_) return nanobind::none();
  return nanobind::make_tuple(last_.sequence, last_.rows, last_.length, last_.commit_ns, last_.lost_first,
                              last_.lost_count, last_.in_place);
}

nanobind::object Reader::take_loss() {
  if (lost_count_ == 0) return nanobind::none();
  return nanobind::make_tuple(lost_first_, std::exchange(lost_count_, 0));
}

bool Reader::arm(const Bell& bell) {
  int wait = 0;
  checked(turnstile_.run([&] { return qads_reader_arm(handle_, bell.handle(), &wait); }));
  return wait != 0;
}

void Reader::disarm() {
  turnstile_.run([&] { return qads_reader_disarm(handle_), true; });
}

std::uint64_t Reader::lag() {
  std::uint64_t lag = 0;
  checked(turnstile_.run([&] { return qads_reader_lag(handle_, &lag); }));
  return lag;
}

void Reader::close() {
  turnstile_.run([&] { return qads_reader_close(handle_), true; });
}

nanobind::dict Reader::stats() {
  qads_reader_stats s;
  checked(turnstile_.run([&] { return qads_reader_get_stats(handle_, &s); }));
  nanobind::dict all;
  all["batches"] = s.batches;
  all["bytes"] = s.bytes;
  all["bytes_copied"] = s.bytes_copied;
  all["lost"] = s.lost;
  all["waits"] = s.waits;
  all["evacuations"] = s.evacuations;
  all["private_bytes"] = s.private_bytes;
  all["leases"] = s.leases;
  all["cursor"] = s.cursor;
  all["capacity"] = s.capacity;
  all["generation"] = s.generation;
  return all;
}

}  // namespace qads::python
