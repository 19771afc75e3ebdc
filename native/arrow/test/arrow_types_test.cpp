// Every Arrow type goes through an arena unchanged.
#include <arrow/ipc/api.h>
#include <arrow/json/from_string.h>

#include "number_batch.hpp"
#include "qadataswap/arrow.hpp"
#include "support.hpp"

using namespace qads::arrow;
using namespace qads::arrow::test;
using qads::test::unique_name;

namespace {

struct Column {
  std::shared_ptr<::arrow::DataType> type;
  const char* values;
};

const char* const kText = R"(["a", null, "longer than the twelve bytes of a view"])";

std::vector<Column> columns() {
  using namespace ::arrow;
  return {
      {null(), "[null, null, null]"},
      {boolean(), "[true, null, false]"},
      {int8(), "[1, null, -3]"},
      {uint16(), "[1, null, 3]"},
      {int32(), "[1, null, -3]"},
      {int64(), "[1, null, -3]"},
      {float16(), "[1.5, null, -3]"},
      {float64(), "[1.5, null, -3]"},
      {decimal128(38, 2), R"(["1.25", null, "-9.75"])"},
      {decimal256(76, 2), R"(["1.25", null, "-9.75"])"},
      {date32(), "[1, null, 3]"},
      {time64(TimeUnit::NANO), "[1, null, 3]"},
      {timestamp(TimeUnit::MICRO, "Europe/Vienna"), "[1, null, 3]"},
      {duration(TimeUnit::MILLI), "[1, null, 3]"},
      {month_day_nano_interval(), "[[1, 2, 3], null, [4, 5, 6]]"},
      {utf8(), kText},
      {large_utf8(), kText},
      {utf8_view(), kText},
      {binary(), kText},
      {binary_view(), kText},
      {fixed_size_binary(3), R"(["abc", null, "xyz"])"},
      {list(int64()), "[[1, 2], null, []]"},
      {large_list(utf8_view()), R"([["x", null], null, ["longer than the twelve bytes of a view"]])"},
      {list_view(int32()), "[[1, 2], null, [3]]"},
      {fixed_size_list(int16(), 2), "[[1, 2], null, [3, null]]"},
      {struct_({field("a", int32()), field("b", utf8_view())}), R"([{"a": 1, "b": "x"}, null, {"a": null}])"},
      {map(utf8(), int32()), R"([[["k", 1]], null, []])"},
      {dictionary(int8(), utf8()), R"(["x", null, "x"])"},
      {sparse_union({field("i", int32()), field("s", utf8_view())}), R"([[0, 1], [1, "x"], [0, null]])"},
      {dense_union({field("i", int32()), field("s", utf8())}), R"([[0, 1], [1, "x"], [0, null]])"},
      {run_end_encoded(int32(), int64()), "[7, 7, null]"},
  };
}

std::shared_ptr<::arrow::RecordBatch> batch_of(const std::vector<Column>& some) {
  std::vector<std::shared_ptr<::arrow::Field>> fields;
  std::vector<std::shared_ptr<::arrow::Array>> arrays;
  for (const Column& column : some) {
    fields.push_back(::arrow::field("c" + std::to_string(fields.size()), column.type, true,
                                    ::arrow::key_value_metadata({"of"}, {column.type->name()})));
    // A run-end encoded array is made from its values; the others from JSON.
    if (column.type->id() == ::arrow::Type::RUN_END_ENCODED) {
      const auto ends = value_of(::arrow::json::ArrayFromJSONString(::arrow::int32(), "[2, 3]"));
      const auto values = value_of(::arrow::json::ArrayFromJSONString(::arrow::int64(), "[7, null]"));
      arrays.push_back(value_of(::arrow::RunEndEncodedArray::Make(3, ends, values)));
    } else {
      arrays.push_back(value_of(::arrow::json::ArrayFromJSONString(column.type, column.values)));
    }
  }
  return ::arrow::RecordBatch::Make(
      ::arrow::schema(fields, ::arrow::key_value_metadata({"source"}, {"test"})), 3, arrays);
}

void check_through_arena(const std::vector<std::shared_ptr<::arrow::RecordBatch>>& batches) {
  const std::string name = unique_name();
  Writer writer(name, WriterOptions().with_size_mb(1));
  Reader reader(name);
  for (const auto& batch : batches) writer.write(*batch);
  for (const auto& batch : batches) {
    const auto got = reader.read();
    CHECK(got->ValidateFull().ok());
    CHECK(got->schema()->Equals(*batch->schema(), true));
    if (!got->Equals(*batch)) {
      qads::testing::record_failure({__FILE__, __LINE__}, batch->schema()->ToString() + got->ToString() +
                                                              " is not " + batch->ToString());
    }
  }
}

}  // namespace

TEST_CASE("a column of any type comes through, its slices and an empty one too") {
  for (const Column& column : columns()) {
    const auto batch = batch_of({column});
    // Twice: the first batch of a schema takes another way than those after it.
    check_through_arena({batch, batch, batch->Slice(1, 1), batch->Slice(0, 0), batch});
  }
}

TEST_CASE("all types come through side by side, with their metadata") {
  const auto batch = batch_of(columns());
  check_through_arena({batch, batch});
}

TEST_CASE("schemas may change from batch to batch") {
  std::vector<std::shared_ptr<::arrow::RecordBatch>> batches;
  for (int round = 0; round < 2; ++round) {
    for (const Column& column : columns()) batches.push_back(batch_of({column}));
  }
  check_through_arena(batches);
}

TEST_CASE("a batch that Arrow cannot write is an error, and the writer goes on") {
  auto nested = ::arrow::int64();
  for (int i = 0; i < 100; ++i) nested = ::arrow::list(nested);
  const auto schema = ::arrow::schema({::arrow::field("x", nested)});
  const auto batch = ::arrow::RecordBatch::Make(schema, 1, {value_of(::arrow::MakeArrayOfNull(nested, 1))});
  const std::string name = unique_name();
  Writer writer(name, WriterOptions().with_size_mb(1));
  Reader reader(name);
  const Error error = qads::testing::require_throws<Error>([&] { writer.write(*batch); });
  CHECK_EQ(error.code(), QADS_ERR_INVALID_ARGUMENT);
  CHECK(std::string(error.what()).find(name) != std::string::npos);
  writer.write(*number_batch(0));
  CHECK_EQ(number_of(*reader.read()), 0);
}
