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

/// The code, and the handle if there is no error.
int try_attach(const std::string& name, const ReaderOptions& given, std::int64_t from, qads_reader** handle) {
  qads_reader_options options;
  qads_reader_options_init(&options);
  options.from = from;
  options.spin_micros = given.spin_micros;
  options.verify = static_cast<std::uint32_t>(given.verify);
  return qads_reader_attach(checked_name(name), &options, handle);
}

/// Nobody rings for a birth, so it is polled.
qads_reader* attach(const std::string& name, const ReaderOptions& given) {
  const Deadline deadline(given.wait);
  qads_reader* handle = nullptr;
  for (Timeout poll = kFirstPoll;; poll = std::min(2 * poll, kLastPoll)) {
    const int code = try_attach(name, given, given.from, &handle);
    if (code != QADS_ERR_NOT_FOUND || deadline.passed()) {
      checked(code);
      return handle;
    }
    std::this_thread::sleep_for(deadline.pause(poll));
  }
}

ArenaId id_of(qads_reader* reader) {
  qads_identity identity{};
  checked(qads_reader_identity(reader, &identity));
  return {identity.generation, identity.created_ns};
}

}  // namespace

struct Reader::Impl {
  std::string name;
  ReaderOptions options;
  std::unique_ptr<qads_reader, Free> handle;
  BatchDecoder decoder;
  std::optional<BatchInfo> info;
  bool ended = false;
  bool closed = false;
  bool between = false;  // the arena was left, and no other is attached yet

  void report_loss(const qads_batch& batch) {
    if (batch.lost_count > 0 && options.on_loss) options.on_loss({batch.lost_first, batch.lost_count});
  }

  /// Nothing on time-out, null at the end; in the next arena, if this one was left.
  std::optional<std::shared_ptr<::arrow::RecordBatch>> next(Timeout timeout) {
    if (options.reconnect == Reconnect::never) return next_here(timeout);
    const Deadline deadline(timeout);
    for (Timeout poll = kFirstPoll;;) {
      if (between && !closed && !enter()) {
        if (deadline.passed()) return std::nullopt;
        std::this_thread::sleep_for(deadline.pause(poll));
        poll = std::min(2 * poll, kLastPoll);
        continue;
      }
      try {
        auto batch = next_here(deadline.left());
        const bool end = batch.has_value() && *batch == nullptr;
        if (!end || options.reconnect != Reconnect::always) return batch;
        leave(nullptr);
      } catch (const Error& error) {
        if (error.code() != QADS_ERR_WRITER_DIED && error.code() != QADS_ERR_WRITER_ABORTED) throw;
        leave(&error);
      }
      poll = kFirstPoll;
    }
  }

  void leave(const Error* why) {
    qads_reader_close(handle.get());
    between = true;
    if (options.on_reconnect) options.on_reconnect(why);
  }

  /// Attaches to the arena of this name, unless it is the one that was left.
  bool enter() {
    const ArenaId left = id_of(handle.get());
    // The look keeps off the arena that was left; the name may pass to another one until the attachment.
    qads_arena_info found{};
    int code = qads_inspect_arena(name.c_str(), &found, nullptr, 0);
    qads_reader* next = nullptr;
    if (code == QADS_OK) {
      if (ArenaId{found.generation, found.created_ns} == left) return false;
      code = try_attach(name, options, kFromEarliest, &next);
    }
    if (code == QADS_ERR_NOT_FOUND) return false;
    checked(code);
    std::unique_ptr<qads_reader, Free> attached(next);
    if (id_of(next) == left) return false;
    handle = std::move(attached);
    decoder = BatchDecoder();
    ended = false;
    between = false;
    return true;
  }

  std::optional<std::shared_ptr<::arrow::RecordBatch>> next_here(Timeout timeout) {
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
    info = BatchInfo{batch.sequence, batch.rows, batch.length, batch.commit_ns, {}, in_place, {}};
    if (batch.lost_count > 0) info->lost = Loss{batch.lost_first, batch.lost_count};
    // First: the messages are good until the next peek, and a listener may read.
    auto decoded = decoder.decode(slot, messages, batch.schema_id);
    if (decoded.ok()) info->custom_metadata = decoded->metadata;
    report_loss(batch);
    return check_arrow(std::move(decoded), QADS_ERR_CORRUPT,
                       "arena \"" + name + "\": Arrow cannot read batch " + std::to_string(batch.sequence))
        .batch;
  }
};

Reader::Reader(const std::string& name, const ReaderOptions& options) : impl_(std::make_unique<Impl>()) {
  impl_->handle.reset(attach(name, options));
  impl_->name = name;
  impl_->options = options;
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

ArenaId Reader::id() const { return id_of(impl().handle.get()); }

std::uint64_t Reader::lag() const {
  std::uint64_t lag = 0;
  if (impl().between && !impl().closed) return lag;
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
