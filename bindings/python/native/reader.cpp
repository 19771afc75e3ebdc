#include "reader.hpp"

#include <memory>
#include <utility>

#include "core/ipc_layout.hpp"
#include "waiting.hpp"

namespace qads::python {
namespace {

constexpr std::uint64_t kPrefixBytes = 8;  // of a message, before its metadata

std::uint64_t copied_bytes(qads_reader* reader) {
  qads_reader_stats stats{};
  return qads_reader_get_stats(reader, &stats) == QADS_OK ? stats.bytes_copied : 0;
}

void describe(const qads_batch& batch, Slot& slot) {
  slot.length = batch.length;
  slot.sequence = batch.sequence;
  slot.schema_id = batch.schema_id;
  slot.schema_begin = static_cast<std::uint64_t>(batch.layout[kLayoutSchemaOffset]) - kPrefixBytes;
  slot.dictionaries = static_cast<std::uint64_t>(batch.layout[kLayoutDictionaryBatches]);
  const double* block = batch.layout + kLayoutWords;
  for (std::uint64_t i = 0; i < slot.dictionaries; ++i) block += block_words(block);
  slot.has_metadata = block[kBlockHasMetadata] != 0;
  slot.batch_begin = static_cast<std::uint64_t>(block[kBlockMetadataOffset]) - kPrefixBytes;
}

}  // namespace

Reader::Reader(const std::string& name, std::int64_t from, std::uint32_t spin_micros) {
  qads_reader_options options;
  qads_reader_options_init(&options);
  options.from = from;
  options.spin_micros = spin_micros;
  checked(without_gil([&] { return qads_reader_attach(name.c_str(), &options, &handle_); }));
  leave_core_at_exit();
}

nanobind::object Reader::next(double seconds) {
  auto slot = std::make_unique<Slot>();
  BatchFacts facts;
  const auto attempt = [&](std::int64_t timeout_ms) {
    const std::uint64_t copied = copied_bytes(handle_);
    qads_batch batch{};
    int status = qads_reader_peek(handle_, timeout_ms, &batch);
    facts.lost_first = batch.lost_first;
    facts.lost_count = status == QADS_OK || status == QADS_ENDED ? batch.lost_count : 0;
    if (status != QADS_OK) return status;
    describe(batch, *slot);
    status = qads_reader_take(handle_, &slot->lease, &slot->data);
    facts = {batch.sequence,
             batch.rows,
             batch.length,
             batch.commit_ns,
             batch.lost_first,
             batch.lost_count,
             copied_bytes(handle_) == copied};
    return status;
  };
  const int status = wait_for(turnstile_, seconds, QADS_EMPTY, true, attempt);
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
