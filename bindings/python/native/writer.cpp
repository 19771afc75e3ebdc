#include "writer.hpp"

#include "waiting.hpp"

namespace qads::python {
namespace {

// A copy of this many bytes takes about as long as giving the GIL away and getting it back.
constexpr std::uint64_t kBriefBytes = 64 * 1024;

}  // namespace

Writer::Writer(const std::string& name, std::uint64_t capacity, std::uint32_t slots,
               std::uint32_t max_readers, std::uint32_t on_full, std::uint32_t mode, bool one_schema,
               std::uint32_t spin_micros) {
  qads_writer_options options;
  qads_writer_options_init(&options);
  options.capacity = capacity;
  options.slots = slots;
  options.max_readers = max_readers;
  options.on_full = on_full;
  options.mode = mode;
  options.one_schema = one_schema ? 1 : 0;
  options.spin_micros = spin_micros;
  const char* const arena = checked_name(name);
  // Zeroes the segment's pages.
  checked(without_gil([&] { return qads_writer_create(arena, &options, &handle_); }));
  leave_core_at_exit();
}

Writer::~Writer() {
  // Dropped without close(): readers must not take what is there for all there is.
  qads_writer_abandon(handle_);
  qads_writer_free(handle_);
}

std::int64_t Writer::place(const SlotEncoder& encoder, double seconds) {
  const ipc::SlotPlan& plan = encoder.plan();
  std::uint64_t sequence = 0;
  const auto attempt = [&](std::int64_t timeout_ms) {
    qads_claim claim;
    const int status = qads_writer_claim(handle_, plan.size(), timeout_ms, &claim);
    if (status != QADS_OK) return status;
    plan.write_to(claim.data);
    return qads_writer_commit(handle_, plan.size(), plan.rows(), &sequence);
  };
  const int status = wait_for(turnstile_, seconds, QADS_WOULD_BLOCK, plan.size() < kBriefBytes, attempt);
  return status == QADS_OK ? static_cast<std::int64_t>(sequence) : status;
}

bool Writer::arm(const Bell& bell) {
  int wait = 0;
  checked(turnstile_.run([&] { return qads_writer_arm(handle_, bell.handle(), &wait); }));
  return wait != 0;
}

bool Writer::arm_drained(const Bell& bell, bool need_reader) {
  int wait = 0;
  checked(turnstile_.run(
      [&] { return qads_writer_arm_drained(handle_, bell.handle(), need_reader ? 1 : 0, &wait); }));
  return wait != 0;
}

void Writer::disarm() {
  turnstile_.run([&] { return qads_writer_disarm(handle_), true; });
}

bool Writer::wait_drained(bool need_reader, double seconds) {
  const auto attempt = [&](std::int64_t timeout_ms) {
    return qads_writer_wait_drained(handle_, need_reader ? 1 : 0, timeout_ms);
  };
  return wait_for(turnstile_, seconds, QADS_WOULD_BLOCK, true, attempt) == QADS_OK;
}

void Writer::end() {
  checked(turnstile_.run([&] { return qads_writer_end(handle_); }));
}

void Writer::abort(const std::string& reason) {
  checked(turnstile_.run([&] { return qads_writer_abort(handle_, reason.c_str()); }));
}

void Writer::accept_loss() {
  turnstile_.run([&] { return qads_writer_accept_loss(handle_), true; });
}

void Writer::close() {
  turnstile_.run([&] { return qads_writer_close(handle_), true; });
}

nanobind::dict Writer::stats() {
  qads_writer_stats s;
  checked(turnstile_.run([&] { return qads_writer_get_stats(handle_, &s); }));
  nanobind::dict all;
  all["batches"] = s.batches;
  all["bytes"] = s.bytes;
  all["dropped_newest"] = s.dropped_newest;
  all["dropped_oldest"] = s.dropped_oldest;
  all["waits"] = s.waits;
  all["wait_ns"] = s.wait_ns;
  all["reaped_readers"] = s.reaped_readers;
  all["evictions"] = s.evictions;
  all["readers"] = s.readers;
  all["joins"] = s.joins;
  all["unread"] = s.unread;
  all["in_ring"] = s.in_ring;
  all["capacity"] = s.capacity;
  all["generation"] = s.generation;
  return all;
}

}  // namespace qads::python
