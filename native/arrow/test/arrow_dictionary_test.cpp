// Dictionaries travel with every batch, so batches may have different ones.
#include <arrow/json/from_string.h>

#include <thread>

#include "number_batch.hpp"
#include "qadataswap/arrow.hpp"
#include "support.hpp"

using namespace qads::arrow;
using namespace qads::arrow::test;
using qads::test::unique_name;
using qads::testing::require_throws;

namespace {

std::shared_ptr<::arrow::Array> from_json(const std::shared_ptr<::arrow::DataType>& type, const char* json) {
  return value_of(::arrow::json::ArrayFromJSONString(type, json));
}

std::shared_ptr<::arrow::Array> coded(const char* codes, const char* words) {
  const auto type = ::arrow::dictionary(::arrow::int32(), ::arrow::utf8(), true);
  return value_of(::arrow::DictionaryArray::FromArrays(type, from_json(::arrow::int32(), codes),
                                                       from_json(::arrow::utf8(), words)));
}

std::shared_ptr<::arrow::RecordBatch> batch_of(const std::shared_ptr<::arrow::Array>& array) {
  return ::arrow::RecordBatch::Make(::arrow::schema({::arrow::field("word", array->type())}), array->length(),
                                    {array});
}

/// `rows` codes into `count` words of `length` bytes.
std::shared_ptr<::arrow::RecordBatch> many_words(std::int64_t rows, std::int32_t count, std::size_t length) {
  ::arrow::StringBuilder words;
  for (std::int32_t i = 0; i < count; ++i) {
    std::string word = std::to_string(i) + " ";
    word.resize(length, 'w');
    REQUIRE(words.Append(word).ok());
  }
  ::arrow::Int32Builder codes;
  for (std::int64_t i = 0; i < rows; ++i) REQUIRE(codes.Append(static_cast<std::int32_t>(i % count)).ok());
  return batch_of(
      value_of(::arrow::DictionaryArray::FromArrays(::arrow::dictionary(::arrow::int32(), ::arrow::utf8()),
                                                    value_of(codes.Finish()), value_of(words.Finish()))));
}

}  // namespace

TEST_CASE("batches of one schema may each have another dictionary") {
  const std::vector<std::shared_ptr<::arrow::RecordBatch>> batches{
      batch_of(coded("[0, 1, null]", R"(["a", "b"])")), batch_of(coded("[1, 0]", R"(["x", "y", "z"])")),
      batch_of(coded("[0, 1, null]", R"(["a", "b"])")), batch_of(coded("[null]", "[]")),
      batch_of(coded("[]", R"(["unused"])"))};
  const std::string name = unique_name();
  Writer writer(name);
  Reader reader(name);
  for (const auto& batch : batches) writer.write(*batch);
  for (const auto& batch : batches) {
    const auto got = reader.read();
    CHECK(got->ValidateFull().ok());
    CHECK(got->Equals(*batch));
    CHECK(got->schema()->Equals(*batch->schema()));
  }
}

TEST_CASE("a table whose chunks have dictionaries of their own comes back as one") {
  const auto chunks =
      ::arrow::ChunkedArray::Make({coded("[0, 1]", R"(["a", "b"])"), coded("[0, 0, 1]", R"(["c", "a"])")});
  const auto type = value_of(chunks)->type();
  const auto table =
      ::arrow::Table::Make(::arrow::schema({::arrow::field("word", type)}), {value_of(chunks)});
  const std::string name = unique_name();
  Writer writer(name);
  Reader reader(name);
  writer.write(*table);
  writer.end();
  CHECK(reader.read_all()->Equals(*table));
}

TEST_CASE("dictionaries within other types come through") {
  const auto words = ::arrow::dictionary(::arrow::int8(), ::arrow::utf8());
  const auto three = from_json(words, R"(["a", null, "b"])");
  const auto numbers = from_json(::arrow::int64(), "[1, 2, null]");
  const auto offsets = from_json(::arrow::int32(), "[0, 2, 2, 3]");
  const ::arrow::ArrayVector children{three, numbers};
  const std::vector<std::string> names{"word", "number"};
  const auto types = from_json(::arrow::int8(), "[0, 1, 0]");
  const ::arrow::ArrayVector arrays{
      value_of(::arrow::ListArray::FromArrays(*offsets, *three)),
      value_of(
          ::arrow::FixedSizeListArray::FromArrays(from_json(words, R"(["a", null, "b", "b", "c", "a"])"), 2)),
      value_of(::arrow::MapArray::FromArrays(offsets, from_json(::arrow::int64(), "[1, 2, 3]"), three)),
      value_of(::arrow::StructArray::Make(children, names)),
      value_of(::arrow::SparseUnionArray::Make(*types, children, names)),
      value_of(::arrow::RunEndEncodedArray::Make(6, from_json(::arrow::int32(), "[2, 4, 6]"), three)),
      value_of(
          ::arrow::DictionaryArray::FromArrays(from_json(::arrow::int16(), "[1, null, 0]"),
                                               from_json(::arrow::list(::arrow::int32()), "[[1], [2, 3]]"))),
      value_of(::arrow::DictionaryArray::FromArrays(from_json(::arrow::uint64(), "[2, 0, 1]"),
                                                    value_of(::arrow::StructArray::Make(children, names)))),
  };
  for (const auto& array : arrays) {
    const auto batch = batch_of(array);
    const std::string name = unique_name();
    Writer writer(name);
    Reader reader(name);
    for (const auto& part : {batch, batch->Slice(1), batch->Slice(1, 1), batch->Slice(0, 0)}) {
      writer.write(*part);
      const auto got = reader.read();
      CHECK(got->ValidateFull().ok());
      if (!got->Equals(*part)) {
        qads::testing::record_failure({__FILE__, __LINE__}, got->ToString() + " is not " + part->ToString());
      }
    }
  }
}

TEST_CASE("a dictionary of dictionaries, which Arrow IPC has no form for, is an error with a code") {
  const auto words = ::arrow::dictionary(::arrow::int8(), ::arrow::utf8());
  const auto twice = value_of(::arrow::DictionaryArray::FromArrays(from_json(::arrow::uint64(), "[2, 0, 1]"),
                                                                   from_json(words, R"(["p", "q", "p"])")));
  const ::arrow::ArrayVector children{twice};
  const std::string name = unique_name();
  Writer writer(name);
  Reader reader(name);
  for (const std::shared_ptr<::arrow::Array>& array : ::arrow::ArrayVector{
           twice, value_of(::arrow::StructArray::Make(children, std::vector<std::string>{"inner"}))}) {
    const Error error = require_throws<Error>([&] { writer.write(*batch_of(array)); });
    CHECK_EQ(error.code(), QADS_ERR_INVALID_ARGUMENT);
    for (const char* part : {name.c_str(), "\"word\"", "dictionary of dictionaries"}) {
      CHECK(std::string(error.what()).find(part) != std::string::npos);
    }
  }
  writer.write(*number_batch(0));
  CHECK_EQ(number_of(*reader.read()), 0);
}

TEST_CASE("the parts of a batch that is split have the dictionary each") {
  const auto batch = many_words(600'000, 1000, 50);
  const std::string name = unique_name();
  Writer writer(name, WriterOptions().with_size_mb(1));
  std::shared_ptr<::arrow::Table> table;
  std::thread consumer([&] { table = Reader(name).read_all(); });
  writer.write(*batch);
  writer.finish();
  consumer.join();
  CHECK(table->column(0)->num_chunks() > 2);
  CHECK(table->Equals(*value_of(::arrow::Table::FromRecordBatches({batch}))));
}

TEST_CASE("a dictionary larger than the ring is an error that says so") {
  const std::string name = unique_name();
  Writer writer(name, WriterOptions().with_size_mb(1));
  const Error error = require_throws<Error>([&] { writer.write(*many_words(10, 40'000, 50)); });
  CHECK_EQ(error.code(), QADS_ERR_BATCH_TOO_LARGE);
  CHECK(std::string(error.what()).find("with its dictionaries") != std::string::npos);
}
