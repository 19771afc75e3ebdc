// Reads are in place, and a batch holds its bytes until its last buffer is gone.
#include <arrow/compute/api.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "number_batch.hpp"
#include "qadataswap/arrow.hpp"
#include "support.hpp"

using namespace qads::arrow;
using namespace qads::arrow::test;
using qads::test::unique_name;
using std::chrono::milliseconds;

namespace {

/// Whether this process has the arena mapped there.
bool in_arena(const std::string& name, const void* address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("qads-arena." + name) == std::string::npos) continue;
    std::istringstream range(line);
    std::uintptr_t begin, end;
    char dash;
    range >> std::hex >> begin >> dash >> end;
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    if (begin <= at && at < end) return true;
  }
  return false;
}

WriterOptions ring(double mebibytes, std::uint32_t slots = 1024) {
  WriterOptions options;
  options.with_size_mb(mebibytes).slots = slots;
  return options;
}

}  // namespace

TEST_CASE("buffers of a large batch point into the ring, on 64 bytes, and nothing is copied") {
  const std::string name = unique_name();
  Writer writer(name, ring(4));
  Reader reader(name);
  writer.write(*number_batch(1, kLargeRows));
  const auto batch = reader.read();
  for (const auto& column : batch->columns()) {
    const auto& buffer = column->data()->buffers[1];
    CHECK(in_arena(name, buffer->data()));
    CHECK_EQ(reinterpret_cast<std::uintptr_t>(buffer->data()) % 64, 0u);
    CHECK(!buffer->is_mutable());
  }
  CHECK(reader.info()->leased);
  CHECK_EQ(reader.info()->rows, static_cast<std::uint64_t>(kLargeRows));
  CHECK_EQ(reader.stats().bytes_copied, 0u);
  CHECK_EQ(reader.stats().leases, 1u);
}

TEST_CASE("small batches are copied out of the ring, and counted") {
  const std::string name = unique_name();
  Writer writer(name, ring(1));
  Reader reader(name);
  writer.write(*number_batch(1));
  const auto batch = reader.read();
  CHECK(!in_arena(name, batch->column(0)->data()->buffers[1]->data()));
  CHECK(!reader.info()->leased);
  CHECK_EQ(reader.stats().bytes_copied, reader.info()->bytes);
}

TEST_CASE("the lease ends with the last slice, on any thread, after reader and writer") {
  const std::string name = unique_name();
  auto writer = std::make_unique<Writer>(name, ring(4));
  auto reader = std::make_unique<Reader>(name);
  writer->write(*number_batch(7, kLargeRows));
  writer->write(*number_batch(8, kLargeRows));
  auto batch = reader->read();
  auto kept = reader->read();
  auto slice = batch->column(1)->Slice(5000, 10);
  batch.reset();
  CHECK_EQ(reader->stats().leases, 2u);
  CHECK_EQ(static_cast<const ::arrow::DoubleArray&>(*slice).Value(0), 12000.0);
  std::thread([taken = std::move(slice)]() mutable { taken.reset(); }).join();
  CHECK_EQ(reader->stats().leases, 1u);
  writer.reset();
  reader.reset();
  CHECK_EQ(number_of(*kept), 8);
}

TEST_CASE("every batch ever read through a small ring can be kept") {
  for (const std::int64_t rows : {kSmallRows, kLargeRows}) {
    const std::string name = unique_name();
    Writer writer(name, ring(1, 4));
    Reader reader(name);
    std::vector<std::shared_ptr<::arrow::RecordBatch>> kept;
    for (std::int64_t number = 0; number < 100; ++number) {
      writer.write(*number_batch(number, rows), milliseconds(60'000));
      kept.push_back(reader.read(milliseconds(0)));
    }
    for (std::int64_t number = 0; number < 100; ++number) {
      CHECK_EQ(number_of(*kept[static_cast<std::size_t>(number)]), number);
    }
    if (rows == kLargeRows) {
      CHECK_EQ(reader.stats().bytes_copied, 0u);
      CHECK(reader.stats().evacuations >= 92);
    }
  }
}

TEST_CASE("a range-for gives each batch back before it waits for the next") {
  const std::string name = unique_name();
  // Two batches do not fit at once, and evacuation is not needed: none is held when the next is asked for.
  Writer writer(name, ring(0.25, 4));
  std::thread consumer([&] {
    Reader reader(name);
    std::int64_t next = 0;
    for (const auto& batch : reader) {
      CHECK_EQ(number_of(*batch), next++);
      CHECK_EQ(reader.stats().leases, 1u);
    }
    CHECK_EQ(next, 50);
    CHECK_EQ(reader.stats().leases, 0u);
  });
  for (std::int64_t number = 0; number < 50; ++number) writer.write(*number_batch(number, kLargeRows));
  writer.finish();
  consumer.join();
}

TEST_CASE("tables go in and come out, chunk by chunk") {
  const std::string name = unique_name();
  Writer writer(name, ring(4));
  Reader reader(name);
  std::vector<std::shared_ptr<::arrow::RecordBatch>> batches;
  for (std::int64_t number = 0; number < 4; ++number) batches.push_back(number_batch(number, kLargeRows));
  const auto table = value_of(::arrow::Table::FromRecordBatches(batches));
  CHECK_EQ(writer.write(*table).value(), 3u);
  ::arrow::TableBatchReader stream(*table);
  CHECK_EQ(writer.write(stream).value(), 7u);
  const auto none = value_of(::arrow::Table::MakeEmpty(table->schema()));
  CHECK_EQ(writer.write(*none).value(), 8u);
  writer.end();
  const auto got = reader.read_all();
  CHECK_EQ(got->num_rows(), 8 * kLargeRows);
  CHECK(got->Slice(0, table->num_rows())->Equals(*table));
  CHECK(got->Slice(table->num_rows())->Equals(*table));
  CHECK(got->schema()->Equals(*table->schema()));
}

TEST_CASE("a write borrows its batch only while it runs") {
  const std::string name = unique_name();
  Writer writer(name, ring(4));
  auto batch = number_batch(1, kLargeRows);
  const std::weak_ptr<::arrow::Buffer> buffer = batch->column(0)->data()->buffers[1];
  writer.write(*batch);
  writer.write(*batch);
  batch.reset();
  CHECK(buffer.expired());
}
