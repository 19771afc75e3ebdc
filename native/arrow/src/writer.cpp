#include "qadataswap/arrow/writer.hpp"

#include <arrow/table.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "batch_encoder.hpp"
#include "deadline.hpp"
#include "status.hpp"

namespace qads::arrow {
namespace {

// Several parts fit the ring at once, so that reading one overlaps with writing the next.
constexpr std::uint64_t kPartsInRing = 4;

struct Free {
  void operator()(qads_writer* writer) const noexcept { qads_writer_free(writer); }
};

// Of a writer that was moved from.
const std::string kNoName;

/// Not every stream has metadata of single batches.
::arrow::Result<::arrow::RecordBatchWithMetadata> next_of(::arrow::RecordBatchReader& stream) {
  auto next = stream.ReadNext();
  if (!next.status().IsNotImplemented()) return next;
  ARROW_ASSIGN_OR_RAISE(auto batch, stream.Next());
  return ::arrow::RecordBatchWithMetadata{std::move(batch), nullptr};
}

/// One call of write().
struct Write {
  explicit Write(Timeout timeout) : deadline(timeout), limit(timeout) {}
  Deadline deadline;
  Timeout limit;
  CustomMetadata metadata;  // of the batch at hand
  std::optional<std::uint64_t> last;
  std::uint64_t written = 0;
  bool dropped = false;

  std::optional<std::uint64_t> result() const { return dropped ? std::nullopt : last; }
};

}  // namespace

struct Writer::Impl {
  std::string name;
  OnFull on_full = OnFull::block;
  std::unique_ptr<qads_writer, Free> handle;
  std::uint64_t capacity = 0;
  BatchEncoder encoder;
  WriterStats last_stats{};
  bool closed = false;
  int unwinding = std::uncaught_exceptions();

  /// Calls `use(plan)` while the planned batch is borrowed.
  template <typename Use>
  auto with_plan(const ::arrow::RecordBatch& batch, const CustomMetadata& metadata, Use&& use) {
    SchemaEncoder& schema = encoder.of(batch.schema());
    struct Forget {
      SchemaEncoder& schema;
      ~Forget() { schema.forget(); }
    };
    const ipc::SlotPlan* plan = nullptr;
    try {
      plan = check_arrow(schema.plan(batch, metadata), QADS_ERR_INVALID_ARGUMENT,
                         "arena \"" + name + "\": Arrow cannot write this batch");
    } catch (...) {
      encoder.drop(schema);
      throw;
    }
    const Forget forget{schema};
    return use(*plan);
  }

  int place(const ipc::SlotPlan& plan, Timeout timeout, std::uint64_t& sequence) {
    qads_claim claim;
    const int status = checked(qads_writer_claim(handle.get(), plan.size(), timeout.count(), &claim));
    if (status != QADS_OK) return status;
    plan.write_to(claim.data);
    return checked(qads_writer_commit(handle.get(), plan.size(), plan.rows(), &sequence));
  }

  std::string describe(const Write& write) const {
    std::string text = "write() to arena \"" + name + "\"";
    if (write.written > 0) text += " (its first " + std::to_string(write.written) + " parts are written)";
    return text;
  }

  void put(const ipc::SlotPlan& plan, Write& write) {
    std::uint64_t sequence = 0;
    int status = QADS_OK;
    try {
      status = place(plan, write.deadline.left(), sequence);
    } catch (const Error& error) {
      if (write.written == 0) throw;
      fail(error.code(), describe(write) + ": " + error.what());
    }
    if (status == QADS_WOULD_BLOCK) {
      fail(QADS_ERR_TIMED_OUT,
           describe(write) + " timed out after " + std::to_string(write.limit.count()) + " ms");
    }
    if (status == QADS_DROPPED) {
      write.dropped = true;
    } else {
      write.last = sequence;
      ++write.written;
    }
  }

  /// Size of the slot if it is larger than `limit`; 0 when it was written.
  std::uint64_t put_within(const ::arrow::RecordBatch& batch, std::uint64_t limit, Write& write) {
    return with_plan(batch, write.metadata, [&](const ipc::SlotPlan& plan) -> std::uint64_t {
      if (plan.size() > limit) return plan.size();
      put(plan, write);
      return 0;
    });
  }

  void add(const ::arrow::RecordBatch& batch, Write& write) {
    if (const std::uint64_t size = put_within(batch, capacity, write)) split(batch, size, write);
  }

  void split(const ::arrow::RecordBatch& batch, std::uint64_t size, Write& write) {
    const std::uint64_t goal = part_goal(batch, write.metadata);
    const auto rows = static_cast<std::uint64_t>(batch.num_rows());
    std::uint64_t step = std::max<std::uint64_t>(1, share(rows, goal, size));
    for (std::uint64_t start = 0; start < rows;) {
      std::uint64_t count = std::min(step, rows - start);
      for (;;) {
        const auto part = batch.Slice(static_cast<std::int64_t>(start), static_cast<std::int64_t>(count));
        const std::uint64_t too_large = put_within(*part, count > 1 ? goal : capacity, write);
        if (too_large == 0) break;
        if (count == 1) fail_too_large(batch, start, too_large, write);
        step = count = std::max<std::uint64_t>(1, std::min(count / 2, share(count, goal, too_large)));
      }
      start += count;
    }
  }

  static std::uint64_t share(std::uint64_t rows, std::uint64_t goal, std::uint64_t size) {
    return static_cast<std::uint64_t>(static_cast<double>(rows) * static_cast<double>(goal) /
                                      static_cast<double>(size));
  }

  /// Bytes that a part may take. Every part repeats the dictionaries: where they take most of it, larger
  /// parts repeat them less often.
  std::uint64_t part_goal(const ::arrow::RecordBatch& batch, const CustomMetadata& metadata) {
    const std::uint64_t least =
        with_plan(*batch.Slice(0, 1), metadata, [](const ipc::SlotPlan& plan) { return plan.size(); });
    const std::uint64_t part = capacity / kPartsInRing;
    return 2 * least <= part ? part : capacity;
  }

  [[noreturn]] void fail_too_large(const ::arrow::RecordBatch& batch, std::uint64_t row, std::uint64_t size,
                                   const Write& write) {
    const bool dictionaries = encoder.of(batch.schema()).has_dictionaries();
    fail(QADS_ERR_BATCH_TOO_LARGE, describe(write) + ": row " + std::to_string(row) + " of the batch " +
                                       (dictionaries ? "with its dictionaries " : "") + "needs " +
                                       std::to_string(size) + " bytes, and the ring holds " +
                                       std::to_string(capacity) +
                                       "; create the arena with a larger capacity");
  }
};

Writer::Writer(const std::string& name, const WriterOptions& given) : impl_(std::make_unique<Impl>()) {
  qads_writer_options options;
  qads_writer_options_init(&options);
  options.capacity = given.capacity;
  options.slots = given.slots;
  options.max_readers = given.max_readers;
  options.on_full = static_cast<std::uint32_t>(given.on_full);
  options.mode = given.mode;
  options.one_schema = given.one_schema ? 1 : 0;
  options.spin_micros = given.spin_micros;
  qads_writer* handle = nullptr;
  checked(qads_writer_create(checked_name(name), &options, &handle));
  impl_->handle.reset(handle);
  impl_->name = name;
  impl_->on_full = given.on_full;
  impl_->capacity = stats().capacity;
}

Writer::~Writer() {
  if (impl_ == nullptr || impl_->closed) return;
  if (std::uncaught_exceptions() > impl_->unwinding) {
    qads_writer_abort(impl_->handle.get(), "an exception left the scope of the writer");
  }
  // Freeing the handle aborts an arena that is still open.
}

Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&& other) noexcept {
  Writer taken(std::move(other));
  std::swap(impl_, taken.impl_);
  return *this;
}

Writer::Impl& Writer::impl() const {
  if (impl_ == nullptr) fail(QADS_ERR_CLOSED, "this writer was moved from");
  return *impl_;
}

const std::string& Writer::name() const noexcept { return impl_ == nullptr ? kNoName : impl_->name; }

ArenaId Writer::id() const {
  qads_identity identity{};
  checked(qads_writer_identity(impl().handle.get(), &identity));
  return {identity.generation, identity.created_ns};
}

std::optional<std::uint64_t> Writer::write(const ::arrow::RecordBatch& batch, Timeout timeout) {
  return write(batch, nullptr, timeout);
}

std::optional<std::uint64_t> Writer::write(const ::arrow::RecordBatch& batch,
                                           const CustomMetadata& custom_metadata, Timeout timeout) {
  Write write(timeout);
  write.metadata = custom_metadata;
  impl().add(batch, write);
  return write.result();
}

std::optional<std::uint64_t> Writer::write(const ::arrow::Table& table, Timeout timeout) {
  ::arrow::TableBatchReader batches(table);
  return write(batches, timeout);
}

std::optional<std::uint64_t> Writer::write(::arrow::RecordBatchReader& stream, Timeout timeout) {
  Impl& self = impl();
  Write write(timeout);
  const std::string what = "arena \"" + name() + "\": reading the batches to write";
  bool any = false;
  for (;;) {
    const auto next = check_arrow(next_of(stream), QADS_ERR_INVALID_ARGUMENT, what);
    if (next.batch == nullptr) break;
    write.metadata = next.custom_metadata;
    self.add(*next.batch, write);
    any = true;
  }
  if (!any) {
    const auto empty = empty_batch(stream.schema());
    self.add(*check_arrow(empty, QADS_ERR_INVALID_ARGUMENT, what), write);
  }
  return write.result();
}

bool Writer::try_write(const ::arrow::RecordBatch& batch, const CustomMetadata& custom_metadata) {
  Impl& self = impl();
  return self.with_plan(batch, custom_metadata, [&](const ipc::SlotPlan& plan) {
    if (plan.size() > self.capacity) {
      fail(QADS_ERR_INVALID_ARGUMENT, "try_write() to arena \"" + name() +
                                          "\" writes one batch that fits the ring, and this has " +
                                          std::to_string(plan.size()) + " bytes: use write()");
    }
    std::uint64_t sequence = 0;
    return self.place(plan, Timeout{0}, sequence) == QADS_OK;
  });
}

void Writer::drained(bool need_reader, Timeout timeout) {
  const int status =
      checked(qads_writer_wait_drained(impl().handle.get(), need_reader ? 1 : 0, timeout.count()));
  if (status == QADS_WOULD_BLOCK) {
    fail(QADS_ERR_TIMED_OUT,
         "drained() of arena \"" + name() + "\" timed out after " + std::to_string(timeout.count()) + " ms");
  }
}

void Writer::end() {
  if (!closed()) checked(qads_writer_end(impl_->handle.get()));
}

void Writer::finish(bool wait_for_reader, Timeout timeout) {
  if (closed()) return;
  end();
  const WriterStats now = stats();
  const bool alone = impl_->on_full == OnFull::block && now.joins == 0 && now.unread > 0;
  if (wait_for_reader && alone &&
      checked(qads_writer_wait_reader(impl_->handle.get(), timeout.count())) == QADS_WOULD_BLOCK) {
    fail(QADS_ERR_TIMED_OUT, "finish() of arena \"" + name() + "\" timed out after " +
                                 std::to_string(timeout.count()) + " ms: no reader came for what is unread");
  }
  qads_writer_accept_loss(impl_->handle.get());
  close();
}

void Writer::abort(const std::string& reason) {
  if (closed()) return;
  // The C ABI takes a zero byte for the end.
  std::string text;
  for (const char c : reason) c == '\0' ? text += "\xef\xbf\xbd" : text += c;
  checked(qads_writer_abort(impl_->handle.get(), text.c_str()));
  close();
}

void Writer::close() noexcept {
  if (closed()) return;
  // In a forked child the numbers are the parent's, and stay zero.
  qads_writer_get_stats(impl_->handle.get(), &impl_->last_stats);
  impl_->closed = true;
  qads_writer_close(impl_->handle.get());
}

bool Writer::closed() const noexcept { return impl_ == nullptr || impl_->closed; }

WriterStats Writer::stats() const {
  if (impl().closed) return impl_->last_stats;
  WriterStats now;
  checked(qads_writer_get_stats(impl_->handle.get(), &now));
  return now;
}

}  // namespace qads::arrow
