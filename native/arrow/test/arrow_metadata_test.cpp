// Metadata of a single batch: the custom_metadata of its message.
#include <arrow/api.h>
#include <arrow/util/key_value_metadata.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "number_batch.hpp"
#include "qadataswap/arrow.hpp"
#include "support.hpp"

using namespace qads::arrow;
using namespace qads::arrow::test;
using qads::test::unique_name;
using std::chrono::milliseconds;

namespace {

CustomMetadata metadata_of(const std::string& value) {
  return arrow::key_value_metadata({"source", "empty"}, {value, ""});
}

bool has(const Reader& reader, const CustomMetadata& expected) {
  const CustomMetadata& found = reader.info()->custom_metadata;
  if (found == nullptr || expected == nullptr) return found == expected;
  return found->Equals(*expected);
}

/// Of batches whose metadata is known.
class Stream : public arrow::RecordBatchReader {
 public:
  explicit Stream(std::vector<arrow::RecordBatchWithMetadata> batches) : batches_(std::move(batches)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return batches_.front().batch->schema(); }
  arrow::Result<arrow::RecordBatchWithMetadata> ReadNext() override {
    if (next_ == batches_.size()) return arrow::RecordBatchWithMetadata{};
    return batches_[next_++];
  }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    ARROW_ASSIGN_OR_RAISE(auto next, ReadNext());
    *batch = next.batch;
    return arrow::Status::OK();
  }

 private:
  std::vector<arrow::RecordBatchWithMetadata> batches_;
  std::size_t next_ = 0;
};

std::shared_ptr<arrow::RecordBatch> dictionary_batch() {
  arrow::StringDictionaryBuilder builder;
  for (const char* value : {"a", "b", "a"}) CHECK(builder.Append(value).ok());
  const auto column = builder.Finish().ValueOrDie();
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("d", column->type())}), 3, {column});
}

}  // namespace

TEST_CASE("metadata of a batch comes with it, whole or in parts, and not with the next") {
  const std::string name = unique_name();
  WriterOptions options;
  options.with_size_mb(1);
  Writer writer(name, options);
  Reader reader(name);
  for (const auto& batch : {number_batch(1, kSmallRows), number_batch(1, kLargeRows), dictionary_batch()}) {
    for (const auto& metadata : {metadata_of("feed 7"), CustomMetadata(), metadata_of("\xE2\x82\xAC")}) {
      writer.write(*batch, metadata);
      CHECK(reader.read()->Equals(*batch, true));
      CHECK(has(reader, metadata));
    }
    CHECK(writer.try_write(*batch, metadata_of("tried")));
    CHECK(reader.read()->Equals(*batch, true));
    CHECK(has(reader, metadata_of("tried")));
    writer.write(*batch);
    CHECK(reader.read() != nullptr);
    CHECK(has(reader, nullptr));
  }
  std::thread producer([&] {
    writer.write(*number_batch(2, 200'000), metadata_of("large"));
    writer.finish();
  });
  int parts = 0;
  for (const auto& part : reader) {
    CHECK(part->num_rows() > 0);
    CHECK(has(reader, metadata_of("large")));
    ++parts;
  }
  CHECK(parts > 1);
  producer.join();
}

TEST_CASE("metadata of the batches of a stream comes with them") {
  const std::string name = unique_name();
  Writer writer(name);
  Reader reader(name);
  Stream stream({{number_batch(0), arrow::key_value_metadata({"n"}, {"0"})},
                 {number_batch(1), nullptr},
                 {number_batch(2), arrow::key_value_metadata({"n"}, {"2"})}});
  writer.write(stream);
  for (const char* number : {"0", "", "2"}) {
    CHECK(reader.read() != nullptr);
    CHECK(has(reader, *number == '\0' ? nullptr : arrow::key_value_metadata({"n"}, {number})));
  }
}
