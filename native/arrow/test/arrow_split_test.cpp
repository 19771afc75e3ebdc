// Batches larger than the ring, and batches that refer to more than they show.
#include <thread>

#include "number_batch.hpp"
#include "qadataswap/arrow.hpp"
#include "support.hpp"

using namespace qads::arrow;
using namespace qads::arrow::test;
using qads::test::unique_name;
using qads::testing::require_throws;

namespace {

WriterOptions one_mebibyte() { return WriterOptions().with_size_mb(1); }

template <typename Builder>
std::shared_ptr<::arrow::RecordBatch> text_batch(const std::vector<std::string>& texts,
                                                 const std::shared_ptr<::arrow::DataType>& type) {
  Builder builder;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    REQUIRE((i % 5 == 4 ? builder.AppendNull() : builder.Append(texts[i])).ok());
  }
  const auto array = value_of(builder.Finish());
  return ::arrow::RecordBatch::Make(::arrow::schema({::arrow::field("s", type)}), array->length(), {array});
}

std::vector<std::string> texts(std::size_t count, std::size_t length) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = std::to_string(i) + " ";
    text.resize(length, 'x');
    all.push_back(text);
  }
  return all;
}

/// Written while another thread reads.
std::shared_ptr<::arrow::Table> through_small_ring(const ::arrow::RecordBatch& batch) {
  const std::string name = unique_name();
  Writer writer(name, one_mebibyte());
  std::shared_ptr<::arrow::Table> table;
  std::thread consumer([&] { table = Reader(name).read_all(); });
  writer.write(batch);
  writer.finish();
  consumer.join();
  return table;
}

}  // namespace

TEST_CASE("a batch larger than the ring is split by rows, of strings and of views") {
  for (const auto& batch :
       {text_batch<::arrow::StringBuilder>(texts(60'000, 60), ::arrow::utf8()),
        text_batch<::arrow::StringViewBuilder>(texts(60'000, 60), ::arrow::utf8_view())}) {
    const auto table = through_small_ring(*batch);
    CHECK(table->column(0)->num_chunks() > 4);
    CHECK(table->Equals(*value_of(::arrow::Table::FromRecordBatches({batch}))));
  }
}

TEST_CASE("a row that cannot fit is an error that names both sizes, and what came before is written") {
  std::vector<std::string> rows{"x", std::string(3'000'000, 'y'), "z"};
  const auto batch = text_batch<::arrow::StringBuilder>(rows, ::arrow::utf8());
  const std::string name = unique_name();
  Writer writer(name, one_mebibyte());
  Reader reader(name);
  const Error error = require_throws<Error>([&] { writer.write(*batch); });
  CHECK_EQ(error.code(), QADS_ERR_BATCH_TOO_LARGE);
  const std::string message = error.what();
  for (const char* part : {"row 1", "3000", "1048576", "its first 1 parts are written"}) {
    CHECK(message.find(part) != std::string::npos);
  }
  CHECK_EQ(reader.read()->num_rows(), 1);
  writer.write(*number_batch(5));
  CHECK_EQ(number_of(*reader.read()), 5);
  CHECK_EQ(require_throws<Error>([&] { writer.try_write(*batch); }).code(), QADS_ERR_INVALID_ARGUMENT);
}

TEST_CASE("a slice of views is written without the values that it does not show") {
  const auto batch = text_batch<::arrow::StringViewBuilder>(texts(50'000, 100), ::arrow::utf8_view());
  const std::string name = unique_name();
  Writer writer(name, WriterOptions().with_size_mb(32));
  Reader reader(name);
  for (const std::int64_t rows : {0, 1, 7, 1000}) {
    const auto slice = batch->Slice(20'003, rows);
    writer.write(*slice);
    const auto got = reader.read();
    CHECK(got->ValidateFull().ok());
    CHECK(got->Equals(*slice));
    // The metadata keeps the room that it took to list the data buffers of the whole.
    CHECK(reader.info()->bytes < static_cast<std::uint64_t>(rows) * 130 + 6000);
  }
  writer.write(*batch);
  CHECK(reader.read()->Equals(*batch));
}

TEST_CASE("an error in the middle of a split says how much is written") {
  const auto batch = text_batch<::arrow::StringBuilder>(texts(60'000, 60), ::arrow::utf8());
  WriterOptions options = one_mebibyte();
  options.on_full = OnFull::error;
  const std::string name = unique_name();
  Writer writer(name, options);
  Reader reader(name);
  const Error error = require_throws<Error>([&] { writer.write(*batch); });
  CHECK_EQ(error.code(), QADS_ERR_FULL);
  CHECK(std::string(error.what()).find("parts are written") != std::string::npos);
  CHECK(reader.lag() > 0);

  const std::string blocked = unique_name();
  Writer waiting(blocked, one_mebibyte());
  Reader slow(blocked);
  const Error late = require_throws<Error>([&] { waiting.write(*batch, Timeout{10}); });
  CHECK_EQ(late.code(), QADS_ERR_TIMED_OUT);
  CHECK(std::string(late.what()).find("its first " + std::to_string(slow.lag()) + " parts are written") !=
        std::string::npos);
}
