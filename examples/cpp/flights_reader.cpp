// Reads the flights that the producer of the Node.js demo (examples/flights) writes, and prints, for each
// origin, the flights and their mean delay: flights_reader NAME
#include <arrow/api.h>

#include <iomanip>
#include <iostream>
#include <limits>
#include <map>
#include <qadataswap/arrow.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

struct Delays {
  std::int64_t flights = 0;
  std::int64_t with_delay = 0;
  std::int64_t minutes = 0;
};

using Origins = std::map<std::string, Delays, std::less<>>;

template <typename Strings>
void add(const Strings& names, const arrow::Int64Array& delays, Origins& origins) {
  for (std::int64_t row = 0; row < names.length(); ++row) {
    const std::string_view name = names.IsNull(row) ? "(none)" : names.GetView(row);
    auto found = origins.find(name);
    if (found == origins.end()) found = origins.emplace(name, Delays{}).first;
    ++found->second.flights;
    if (delays.IsNull(row)) continue;
    ++found->second.with_delay;
    found->second.minutes += delays.Value(row);
  }
}

/// Polars writes strings as views or, in older releases, with large offsets.
void add(const arrow::RecordBatch& batch, Origins& origins) {
  const auto names = batch.GetColumnByName("origin");
  const auto column = batch.GetColumnByName("delay");
  if (names == nullptr || column == nullptr || column->type_id() != arrow::Type::INT64) {
    throw std::runtime_error("the batch has no columns \"origin\" and \"delay\" of flights");
  }
  const auto& delays = static_cast<const arrow::Int64Array&>(*column);
  switch (names->type_id()) {
    case arrow::Type::STRING_VIEW:
      return add(static_cast<const arrow::StringViewArray&>(*names), delays, origins);
    case arrow::Type::LARGE_STRING:
      return add(static_cast<const arrow::LargeStringArray&>(*names), delays, origins);
    case arrow::Type::STRING:
      return add(static_cast<const arrow::StringArray&>(*names), delays, origins);
    default:
      throw std::runtime_error("column \"origin\" is " + names->type()->ToString());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: flights_reader NAME\n";
    return 2;
  }
  try {
    qads::arrow::ReaderOptions options;
    options.wait = std::chrono::seconds(60);  // for a producer that comes later
    qads::arrow::Reader reader(argv[1], options);
    Origins origins;
    for (const auto& batch : reader) add(*batch, origins);
    std::cout << std::setprecision(std::numeric_limits<double>::max_digits10);
    for (const auto& [origin, delays] : origins) {
      std::cout << origin << '\t' << delays.flights << '\t'
                << static_cast<double>(delays.minutes) / static_cast<double>(delays.with_delay) << '\n';
    }
    const qads::arrow::ReaderStats stats = reader.stats();
    std::cerr << stats.batches << " batches, " << stats.bytes << " bytes, " << stats.bytes_copied
              << " copied\n";
  } catch (const qads::arrow::Error& error) {
    std::cerr << error.code_name() << ": " << error.what() << '\n';
    return 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
