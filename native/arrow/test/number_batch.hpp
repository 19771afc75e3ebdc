// Batches that tell their number, and notice any change to themselves.
#pragma once

#include <arrow/api.h>

#include <cstdint>
#include <memory>

#include "testing.hpp"

namespace qads::arrow::test {

/// Rows of a batch that is copied out of the ring, and of one that is leased in place.
inline constexpr std::int64_t kSmallRows = 10;
inline constexpr std::int64_t kLargeRows = 10'000;

template <typename T>
T value_of(::arrow::Result<T> result) {
  if (!result.ok()) qads::testing::record_failure({__FILE__, __LINE__}, result.status().ToString());
  return std::move(result).ValueOrDie();
}

inline std::shared_ptr<::arrow::RecordBatch> number_batch(std::int64_t number,
                                                          std::int64_t rows = kSmallRows) {
  ::arrow::Int64Builder ids;
  ::arrow::DoubleBuilder values;
  for (std::int64_t row = 0; row < rows; ++row) {
    REQUIRE(ids.Append(number).ok());
    REQUIRE(values.Append(static_cast<double>(number * 1000 + row)).ok());
  }
  const auto schema =
      ::arrow::schema({::arrow::field("id", ::arrow::int64()), ::arrow::field("value", ::arrow::float64())});
  return ::arrow::RecordBatch::Make(schema, rows, {value_of(ids.Finish()), value_of(values.Finish())});
}

/// The number of the batch, or -1 if any of its values is another's.
inline std::int64_t number_of(const ::arrow::RecordBatch& batch) {
  const auto& ids = static_cast<const ::arrow::Int64Array&>(*batch.column(0));
  const auto& values = static_cast<const ::arrow::DoubleArray&>(*batch.column(1));
  const std::int64_t number = ids.Value(0);
  for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
    if (ids.Value(row) != number || values.Value(row) != static_cast<double>(number * 1000 + row)) return -1;
  }
  return number;
}

}  // namespace qads::arrow::test
