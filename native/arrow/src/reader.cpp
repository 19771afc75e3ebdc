#include "qadataswap/arrow/reader.hpp"

#include <arrow/record_batch.h>
#include <arrow/table.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "batch_decoder.hpp"
#include "deadline.hpp"
#include "lease_buffer.hpp"
#include "status.hpp"

namespace qads::arrow {
namespace {

constexpr Timeout kFirstPoll{2};
constexpr Timeout kLastPoll{50};

struct Free {
  void operator()(qads_reader* reader) const noexcept { qads_reader_free(reader); }
};

// Of a reader that was moved from.
const std::string kNoName;
const std::optional<BatchInfo> kNoInfo;

/// Nobody rings for a birth, so it is polled.
qads_reader* attach(const std::string& name, const ReaderOptions& given) {
  qads_reader_options options;
  qads_reader_options_init(&options);
  options.from = given.from;
  options.spin_micros = given.spin_micros;
  options.verify = static_cast<std::uint32_t>(given.verify);
  const Deadline deadline(given.wait);
  qads_reader* handle = nullptr;
  for (Timeout poll = kFirstPoll;; poll = std::min(2 * poll, kLastPoll)) {
    const int code = qads_reader_attach(name.c_str(), &options, &handle);
    if (code != QADS_ERR_NOT_FOUND || deadline.passed()) {
      checked(code);
      return handle;
    }
    std::this_thread::sleep_for(deadline.pause(poll));
  }
}

}  // namespace

struct Reader::Impl {
  std::string name;
  std::unique_ptr<qads_reader, Free> handle;
  std::function<void(const Loss&)> on_loss;
  BatchDecoder decoder;
  std::optional<BatchInfo> info;
  bool ended = false;
  bool closed = false;

  void report_loss(const qads_batch& batch) {
    if (batch.lost_count > 0 && on_loss) on_loss({batch.lost_first, batch.lost_count});
  }

  /// Nothing on time-out, null at the end.
  std::optional<std::shared_ptr<::arrow::RecordBatch>> next(Timeout timeout) {
    qads_batch batch{};
    const int status = checked(qads_reader_peek(handle.get(), timeout.count(), &batch));
    if (status == QADS_EMPTY) return std::nullopt;
    if (status == QADS_ENDED) {
      if (!ended) report_loss(batch);
      ended = true;
      return nullptr;
    }
    const SlotMessages messages(handle.get(), batch);
    const auto slot = std::make_shared<LeaseBuffer>(batch.length);
    checked(slot->take(handle.get()));
    const bool in_place = batch.copied == 0 && slot->data() == batch.data;
    info = BatchInfo{batch.sequence, batch.rows, batch.length, batch.commit_ns, {}, in_place};
    if (batch.lost_count > 0) info->lost = Loss{batch.lost_first, batch.lost_count};
    // First: the messages are good until the next peek, and a listener may read.
    auto decoded = decoder.decode(slot, messages, batch.schema_id);
    report_loss(batch);
    return check_arrow(std::move(decoded), QADS_ERR_CORRUPT,
                       "arena \"" + name + "\": Arrow cannot read batch " + std::to_string(batch.sequence));
  }
};

Reader::Reader(const std::string& name, const ReaderOptions& options) : impl_(std::make_unique<Impl>()) {
  impl_->handle.reset(attach(name, options));
  impl_->name = name;
  impl_->on_loss = options.on_loss;
}

Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

Reader::Impl& Reader::impl() const {
  if (impl_ == nullptr) fail(QADS_ERR_CLOSED, "this reader was moved from");
  return *impl_;
}

const std::string& Reader::name() const noexcept { return impl_ == nullptr ? kNoName : impl_->name; }

std::shared_ptr<::arrow::RecordBatch> Reader::read(Timeout timeout) {
  auto batch = impl().next(timeout);
  if (!batch) {
    fail(QADS_ERR_TIMED_OUT,
         "read() of arena \"" + name() + "\" timed out after " + std::to_string(timeout.count()) + " ms");
  }
  return std::move(*batch);
}

std::optional<std::shared_ptr<::arrow::RecordBatch>> Reader::try_read() { return impl().next(Timeout{0}); }

std::shared_ptr<::arrow::Table> Reader::read_all() {
  std::vector<std::shared_ptr<::arrow::RecordBatch>> batches;
  while (auto batch = read()) batches.push_back(std::move(batch));
  if (batches.empty()) return nullptr;
  return check_arrow(::arrow::Table::FromRecordBatches(batches), QADS_ERR_SCHEMA_MISMATCH,
                     "arena \"" + name() + "\": read_all()");
}

const std::optional<BatchInfo>& Reader::info() const noexcept {
  return impl_ == nullptr ? kNoInfo : impl_->info;
}

Verify Reader::verifies() const { return static_cast<Verify>(qads_reader_verifies(impl().handle.get())); }

std::uint64_t Reader::lag() const {
  std::uint64_t lag = 0;
  checked(qads_reader_lag(impl().handle.get(), &lag));
  return lag;
}

void Reader::close() noexcept {
  if (closed()) return;
  impl_->closed = true;
  qads_reader_close(impl_->handle.get());
}

bool Reader::closed() const noexcept { return impl_ == nullptr || impl_->closed; }

ReaderStats Reader::stats() const {
  ReaderStats now;
  checked(qads_reader_get_stats(impl().handle.get(), &now));
  return now;
}

}  // namespace qads::arrow
