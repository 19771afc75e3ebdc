// Writes batches of ticks into the arena that is named on the command line: tick_writer NAME [BATCHES]
#include <arrow/api.h>

#include <cstdlib>
#include <iostream>
#include <qadataswap/arrow.hpp>

namespace {

constexpr std::int64_t kRows = 10'000;

arrow::Result<std::shared_ptr<arrow::RecordBatch>> ticks(std::int64_t batch) {
  arrow::TimestampBuilder times(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                arrow::default_memory_pool());
  arrow::StringDictionaryBuilder symbols;
  arrow::DoubleBuilder prices;
  for (std::int64_t row = 0; row < kRows; ++row) {
    const std::int64_t tick = batch * kRows + row;
    ARROW_RETURN_NOT_OK(times.Append(1'700'000'000'000'000 + tick));
    ARROW_RETURN_NOT_OK(symbols.Append(tick % 3 == 0 ? "MSFT" : "AAPL"));
    ARROW_RETURN_NOT_OK(prices.Append(100.0 + static_cast<double>(tick % 64) / 4));
  }
  ARROW_ASSIGN_OR_RAISE(const auto time, times.Finish());
  ARROW_ASSIGN_OR_RAISE(const auto symbol, symbols.Finish());
  ARROW_ASSIGN_OR_RAISE(const auto price, prices.Finish());
  const auto schema =
      arrow::schema({arrow::field("time", time->type()), arrow::field("symbol", symbol->type()),
                     arrow::field("price", price->type())});
  return arrow::RecordBatch::Make(schema, kRows, {time, symbol, price});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: tick_writer NAME [BATCHES]\n";
    return 2;
  }
  const std::int64_t batches = argc > 2 ? std::atoll(argv[2]) : 100;
  try {
    qads::arrow::Writer writer(argv[1], qads::arrow::WriterOptions().with_size_mb(4));
    for (std::int64_t batch = 0; batch < batches; ++batch) {
      // Waits when the slowest reader is a ring behind.
      writer.write(*ticks(batch).ValueOrDie());
    }
    writer.finish();
    std::cout << batches << " batches of " << kRows << " ticks written, " << writer.stats().bytes
              << " bytes\n";
  } catch (const qads::arrow::Error& error) {
    std::cerr << error.code_name() << ": " << error.what() << '\n';
    return 1;
  }
}
