// What the C++ layer costs, as medians: reading by size of the batch, writing against memcpy, small batches.
// One thread, so that nothing but the operation is measured.
#include <arrow/api.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <new>
#include <string>
#include <vector>

#include "qadataswap/arrow.hpp"

namespace {

using Batch = std::shared_ptr<::arrow::RecordBatch>;
using qads::arrow::Reader;
using qads::arrow::Writer;
using qads::arrow::WriterOptions;

constexpr std::int64_t kMegabyte = 1'000'000;
constexpr qads::arrow::Timeout kSoon{10'000};

/// Results that are used nowhere else must not be optimised away.
template <typename T>
void keep(T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

template <typename Operation>
double nanos(Operation&& operation) {
  const auto start = std::chrono::steady_clock::now();
  operation();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

double quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}
double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

template <typename T>
T value_of(::arrow::Result<T> result) {
  return std::move(result).ValueOrDie();
}

template <typename Builder, typename Value>
std::shared_ptr<::arrow::Array> column(std::int64_t rows, Value&& value) {
  Builder builder;
  for (std::int64_t row = 0; row < rows; ++row) {
    if (!builder.Append(value(row)).ok()) throw std::bad_alloc();
  }
  return value_of(builder.Finish());
}

Batch batch_of(const ::arrow::ArrayVector& columns) {
  ::arrow::FieldVector fields;
  for (const auto& array : columns) {
    fields.push_back(::arrow::field("c" + std::to_string(fields.size()), array->type()));
  }
  return ::arrow::RecordBatch::Make(::arrow::schema(fields), columns.front()->length(), columns);
}

/// Ten columns of f64.
Batch floats(std::int64_t bytes) {
  ::arrow::ArrayVector columns;
  for (int c = 0; c < 10; ++c) {
    columns.push_back(column<::arrow::DoubleBuilder>(
        bytes / 80, [c](std::int64_t row) { return static_cast<double>(row * c); }));
  }
  return batch_of(columns);
}

/// Six columns of 100 rows.
Batch small_batch() {
  const auto number = [](std::int64_t row) { return row; };
  const auto real = [](std::int64_t row) { return static_cast<double>(row) / 2; };
  return batch_of(
      {column<::arrow::Int64Builder>(100, number), column<::arrow::DoubleBuilder>(100, real),
       column<::arrow::Int32Builder>(100, [](std::int64_t row) { return static_cast<std::int32_t>(row); }),
       column<::arrow::BooleanBuilder>(100, [](std::int64_t row) { return row % 2 == 0; }),
       column<::arrow::StringBuilder>(100, [](std::int64_t row) { return "s" + std::to_string(row); }),
       column<::arrow::DoubleBuilder>(100, real)});
}

/// A writer and a reader of one arena.
struct Pair {
  explicit Pair(std::uint64_t capacity) : name(next_name()), writer(name, options(capacity)), reader(name) {}
  static std::string next_name() {
    static int count = 0;
    return "bench-arrow-" + std::to_string(getpid()) + "-" + std::to_string(count++);
  }
  static WriterOptions options(std::uint64_t capacity) {
    WriterOptions given;
    given.capacity = capacity;
    return given;
  }
  std::string name;
  Writer writer;
  Reader reader;
};

std::uint64_t ring_for(std::int64_t bytes) { return static_cast<std::uint64_t>(3 * bytes + 16 * kMegabyte); }

/// What reading one size of batch costs.
struct Reads {
  explicit Reads(std::int64_t size)
      : megabytes(size), batch(floats(size * kMegabyte)), pair(ring_for(size * kMegabyte)) {}

  void read() {
    Batch got;
    reads.push_back(nanos([&] { got = pair.reader.read(kSoon); }));
    double sum = 0;
    looks.push_back(nanos([&] {
      for (const auto& values : got->columns())
        sum += static_cast<const ::arrow::DoubleArray&>(*values).Value(0);
    }));
    keep(sum);
  }

  void print() const {
    const auto stats = pair.reader.stats();
    std::printf(
        "  %4ld MB: read() %6.0f ns (10th to 90th percentile %.0f to %.0f), then a value of each column "
        "%5.0f ns; %lu bytes of %.1f GB copied\n",
        megabytes, median(reads), quantile(reads, 0.1), quantile(reads, 0.9), median(looks),
        stats.bytes_copied, static_cast<double>(stats.bytes) / 1e9);
  }

  std::int64_t megabytes;
  Batch batch;
  Pair pair;
  std::vector<double> reads, looks;
};

/// All sizes are written before any is read, and read in turns behind one that is not measured: else the
/// large ones are read with caches that writing them has emptied, and the small ones are not.
void read_by_size() {
  Pair warm(16 * kMegabyte);
  const Batch any = floats(kMegabyte);
  Reads small(1), middle(10), large(100);
  std::vector<Reads*> order{&small, &middle, &large};
  for (int round = 0; round < 99; ++round) {
    for (Reads* size : order) size->pair.writer.write(*size->batch, kSoon);
    for (Reads* size : order) {
      warm.writer.write(*any, kSoon);
      warm.reader.read(kSoon);
      size->read();
    }
    std::rotate(order.begin(), order.begin() + 1, order.end());
  }
  for (const Reads* size : {&small, &middle, &large}) size->print();
  std::printf("  100 MB ÷ 1 MB: %.2f\n", median(large.reads) / median(small.reads));
}

/// As much memory as a ring has, of either kind, to be filled in turns as the ring is.
class Target {
 public:
  Target(std::uint64_t size, int kind) : size_(size) {
    void* bytes = mmap(nullptr, size, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (bytes == MAP_FAILED) throw std::bad_alloc();
    bytes_ = static_cast<std::uint8_t*>(bytes);
  }
  ~Target() { munmap(bytes_, size_); }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  /// On pages, as the slots are.
  void copy(const ::arrow::RecordBatch& batch, std::uint64_t length) {
    if (at_ + length > size_) at_ = 0;
    std::uint8_t* to = bytes_ + at_;
    for (const auto& values : batch.columns()) {
      const auto& bytes = *values->data()->buffers[1];
      std::memcpy(to, bytes.data(), static_cast<std::size_t>(bytes.size()));
      to += bytes.size();
    }
    keep(*bytes_);
    at_ = (at_ + length + 4095) / 4096 * 4096;
  }

 private:
  std::uint64_t size_;
  std::uint8_t* bytes_;
  std::uint64_t at_ = 0;
};

void write_against_memcpy(std::int64_t megabytes) {
  const auto length = static_cast<std::uint64_t>(megabytes * kMegabyte);
  const Batch batch = floats(megabytes * kMegabyte);
  Pair pair(ring_for(megabytes * kMegabyte));
  Target own(ring_for(megabytes * kMegabyte), MAP_PRIVATE);
  Target shared(ring_for(megabytes * kMegabyte), MAP_SHARED);
  std::array<std::vector<double>, 3> times;
  const std::array<std::function<void()>, 3> ways{
      [&] { pair.writer.write(*batch, kSoon); },
      [&] { shared.copy(*batch, length); },
      [&] { own.copy(*batch, length); },
  };
  // Who comes second finds the source in the caches: each comes first in turn.
  const auto rounds = std::clamp<std::int64_t>(4000 / megabytes, 42, 501);
  for (std::int64_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const std::size_t way = (static_cast<std::size_t>(round) + i) % ways.size();
      times[way].push_back(nanos(ways[way]));
    }
    pair.reader.read(kSoon);
  }
  const auto rate = [&](std::size_t way) { return static_cast<double>(length) / median(times[way]); };
  const auto ratio = [&](std::size_t way) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < times[0].size(); ++i) ratios.push_back(times[way][i] / times[0][i]);
    return median(ratios);
  };
  std::printf(
      "  %4ld MB: write() %5.2f GB/s, memcpy to shared memory %5.2f GB/s (write ÷ it %.2f), to private "
      "memory %5.2f GB/s (write ÷ it %.2f)\n",
      megabytes, rate(0), rate(1), ratio(1), rate(2), ratio(2));
}

void small_batches() {
  constexpr int kBatches = 500;
  Pair pair(16 * kMegabyte);
  const Batch batch = small_batch();
  std::vector<double> writes, reads;
  for (int round = 0; round < 101; ++round) {
    writes.push_back(nanos([&] {
                       for (int i = 0; i < kBatches; ++i) pair.writer.write(*batch, kSoon);
                     }) /
                     kBatches);
    reads.push_back(nanos([&] {
                      for (int i = 0; i < kBatches; ++i) {
                        auto got = pair.reader.read(kSoon);
                        keep(got);
                      }
                    }) /
                    kBatches);
  }
  std::printf("  write() %.0f ns, read() %.0f ns\n", median(writes), median(reads));
}

}  // namespace

int main() {
  try {
    std::printf("reading a batch of 10 columns of f64\n");
    read_by_size();
    std::printf("bytes written per second against memcpy of the same bytes, in turns\n");
    for (const std::int64_t megabytes : {1, 10, 100}) write_against_memcpy(megabytes);
    std::printf("batches of 100 rows x 6 columns\n");
    small_batches();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
