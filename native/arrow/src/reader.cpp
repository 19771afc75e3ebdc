#include "qadataswap/arrow/reader.hpp"

#include <arrow/io/memory.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>

#include <algorithm>
#include <map>
#include <thread>
#include <vector>

#include "core/ipc_layout.hpp"
#include "deadline.hpp"
#include "lease_buffer.hpp"
#include "status.hpp"

namespace qads::arrow {
namespace {

constexpr std::int64_t kPrefixBytes = 8;  // of a message, before its metadata
constexpr size_t kMaxSchemas = 64;
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
  const Deadline deadline(given.wait);
  qads_reader* handle = nullptr;
  for (Timeout poll = kFirstPoll;; poll = std::min(2 * poll, kLastPoll)) {
    const int code = qads_reader_attach(checked_name(name), &options, &handle);
    if (code != QADS_ERR_NOT_FOUND || deadline.passed()) {
      checked(code);
      return handle;
    }
    std::this_thread::sleep_for(deadline.pause(poll));
  }
}

/// Offsets in a slot, as the verifier found them.
struct SlotLayout {
  std::int64_t schema_begin;
  std::int64_t batch_begin;
};

SlotLayout layout_of(const qads_batch& batch) {
  const double* block = batch.layout + kLayoutWords;
  for (double left = batch.layout[kLayoutDictionaryBatches]; left > 0; --left) block += block_words(block);
  return {static_cast<std::int64_t>(batch.layout[kLayoutSchemaOffset]) - kPrefixBytes,
          static_cast<std::int64_t>(block[kBlockMetadataOffset]) - kPrefixBytes};
}

::arrow::ipc::IpcReadOptions read_options() {
  auto options = ::arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;
  return options;
}

}  // namespace

/// A schema that is known, and what it means for reading.
struct KnownSchema {
  std::shared_ptr<::arrow::Schema> schema;
  bool has_dictionaries = false;
};

struct Reader::Impl {
  std::string name;
  std::unique_ptr<qads_reader, Free> handle;
  std::function<void(const Loss&)> on_loss;
  std::map<std::uint32_t, KnownSchema> schemas;  // by the verifier's schema id
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
    const SlotLayout layout = layout_of(batch);
    const auto slot = std::make_shared<LeaseBuffer>(batch.length);
    checked(slot->take(handle.get()));
    info =
        BatchInfo{batch.sequence, batch.rows, batch.length, batch.commit_ns, {}, slot->data() == batch.data};
    if (batch.lost_count > 0) info->lost = Loss{batch.lost_first, batch.lost_count};
    report_loss(batch);
    return check_arrow(decode(slot, layout, batch.schema_id), QADS_ERR_CORRUPT,
                       "arena \"" + name + "\": Arrow cannot read batch " + std::to_string(batch.sequence));
  }

  ::arrow::Result<std::shared_ptr<::arrow::RecordBatch>> decode(const std::shared_ptr<::arrow::Buffer>& slot,
                                                                const SlotLayout& layout,
                                                                std::uint32_t schema_id) {
    auto known = schemas.find(schema_id);
    if (known == schemas.end()) {
      ::arrow::io::BufferReader stream(::arrow::SliceBuffer(slot, layout.schema_begin));
      ::arrow::ipc::DictionaryMemo memo;
      ARROW_ASSIGN_OR_RAISE(auto schema, ::arrow::ipc::ReadSchema(&stream, &memo));
      if (schemas.size() >= kMaxSchemas) schemas.clear();
      known = schemas.emplace(schema_id, KnownSchema{schema, memo.fields().num_fields() > 0}).first;
    }
    // The dictionaries of a slot are its own: it is read from its beginning.
    if (known->second.has_dictionaries) {
      ::arrow::io::BufferReader stream(::arrow::SliceBuffer(slot, layout.schema_begin));
      ARROW_ASSIGN_OR_RAISE(const auto reader,
                            ::arrow::ipc::RecordBatchStreamReader::Open(&stream, read_options()));
      return reader->Next();
    }
    const ::arrow::ipc::DictionaryMemo none;
    ::arrow::io::BufferReader stream(::arrow::SliceBuffer(slot, layout.batch_begin));
    return ::arrow::ipc::ReadRecordBatch(known->second.schema, &none, read_options(), &stream);
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
