// Every Arrow type goes through an arena unchanged.
#include <arrow/extension/bool8.h>
#include <arrow/extension/fixed_shape_tensor.h>
#include <arrow/extension/uuid.h>
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
      {int8(), "[127, null, -128]"},
      {int16(), "[32767, null, -32768]"},
      {int32(), "[2147483647, null, -2147483648]"},
      {int64(), "[9223372036854775807, null, -9223372036854775808]"},
      {uint8(), "[255, null, 0]"},
      {uint16(), "[65535, null, 0]"},
      {uint32(), "[4294967295, null, 0]"},
      {uint64(), "[18446744073709551615, null, 0]"},
      {float16(), "[1.5, null, -3]"},
      {float32(), "[1.5, null, -3]"},
      {float64(), "[1.5, null, -3]"},
      {decimal32(9, 2), R"(["1.25", null, "-9.75"])"},
      {decimal64(18, 2), R"(["1.25", null, "-9.75"])"},
      {decimal128(38, 2), R"(["1.25", null, "-9.75"])"},
      {decimal256(76, 2), R"(["1.25", null, "-9.75"])"},
      {date32(), "[1, null, -3]"},
      {date64(), "[86400000, null, -86400000]"},
      {time32(TimeUnit::SECOND), "[1, null, 86399]"},
      {time32(TimeUnit::MILLI), "[1, null, 3]"},
      {time64(TimeUnit::MICRO), "[1, null, 3]"},
      {time64(TimeUnit::NANO), "[1, null, 3]"},
      {timestamp(TimeUnit::SECOND), "[1, null, -3]"},
      {timestamp(TimeUnit::MILLI, "UTC"), "[1, null, -3]"},
      {timestamp(TimeUnit::MICRO, "Europe/Vienna"), "[1, null, -3]"},
      {timestamp(TimeUnit::NANO, "+05:30"), "[1, null, -3]"},
      {duration(TimeUnit::SECOND), "[1, null, -3]"},
      {duration(TimeUnit::NANO), "[1, null, -3]"},
      {month_interval(), "[1, null, -3]"},
      {day_time_interval(), "[[1, 2], null, [-3, 4]]"},
      {month_day_nano_interval(), "[[1, 2, 3], null, [4, 5, 6]]"},
      {utf8(), kText},
      {large_utf8(), kText},
      {utf8_view(), kText},
      {binary(), kText},
      {large_binary(), kText},
      {binary_view(), kText},
      {fixed_size_binary(3), R"(["abc", null, "xyz"])"},
      {fixed_size_binary(0), R"(["", null, ""])"},
      {list(int64()), "[[1, 2], null, []]"},
      {large_list(utf8_view()), R"([["x", null], null, ["longer than the twelve bytes of a view"]])"},
      {list_view(int32()), "[[1, 2], null, [3]]"},
      {large_list_view(utf8()), R"([["x", null], null, []])"},
      {fixed_size_list(int16(), 2), "[[1, 2], null, [3, null]]"},
      {fixed_size_list(int16(), 0), "[[], null, []]"},
      {struct_({field("a", int32()), field("b", utf8_view())}), R"([{"a": 1, "b": "x"}, null, {"a": null}])"},
      {struct_(FieldVector{}), "[{}, null, {}]"},
      {map(utf8(), int32()), R"([[["k", 1]], null, []])"},
      {map(int32(), list(utf8()), true), R"([[[1, ["x"]], [2, null]], null, []])"},
      {dictionary(int8(), utf8()), R"(["x", null, "x"])"},
      {dictionary(uint32(), int64(), true), "[7, null, 7]"},
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

TEST_CASE("a dictionary of lists comes through, its slices and an empty one too") {
  const auto values =
      value_of(::arrow::json::ArrayFromJSONString(::arrow::list(::arrow::int64()), "[[1], [], [2, null]]"));
  const auto keys = value_of(::arrow::json::ArrayFromJSONString(::arrow::int8(), "[2, null, 0]"));
  const auto type = ::arrow::dictionary(::arrow::int8(), values->type());
  const auto column = value_of(::arrow::DictionaryArray::FromArrays(type, keys, values));
  const auto batch = ::arrow::RecordBatch::Make(::arrow::schema({::arrow::field("x", type)}), 3, {column});
  check_through_arena({batch, batch->Slice(1, 1), batch->Slice(0, 0), batch});
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

TEST_CASE("extension types come through with their storage") {
  const auto numbers = value_of(::arrow::json::ArrayFromJSONString(::arrow::int8(), "[1, null, 0]"));
  const auto bytes = value_of(::arrow::json::ArrayFromJSONString(
      ::arrow::fixed_size_binary(16), R"(["0123456789abcdef", null, "fedcba9876543210"])"));
  const auto tensor = ::arrow::extension::fixed_shape_tensor(::arrow::float32(), {2});
  const auto pairs = value_of(::arrow::json::ArrayFromJSONString(
      ::arrow::fixed_size_list(::arrow::float32(), 2), "[[1, 2], null, [3, 4]]"));
  const std::vector<std::shared_ptr<::arrow::Array>> arrays{
      ::arrow::ExtensionType::WrapArray(::arrow::extension::bool8(), numbers),
      ::arrow::ExtensionType::WrapArray(::arrow::extension::uuid(), bytes),
      ::arrow::ExtensionType::WrapArray(tensor, pairs)};
  for (const auto& array : arrays) {
    const auto schema = ::arrow::schema({::arrow::field("x", array->type())});
    const auto batch = ::arrow::RecordBatch::Make(schema, 3, {array});
    check_through_arena({batch, batch->Slice(1, 2)});
  }
}

TEST_CASE("rows without columns keep their number") {
  const auto schema = ::arrow::schema(::arrow::FieldVector{});
  check_through_arena({::arrow::RecordBatch::Make(schema, 3, ::arrow::ArrayVector{})});
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
