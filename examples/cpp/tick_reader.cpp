// Reads what tick_writer writes, in place, and takes the mean price of each symbol: tick_reader NAME
#include <arrow/api.h>

#include <iostream>
#include <map>
#include <qadataswap/arrow.hpp>
#include <string>

namespace {

struct Mean {
  double sum = 0;
  std::int64_t count = 0;
};

void add(const arrow::RecordBatch& batch, std::map<std::string, Mean>& means) {
  const auto& symbols = dynamic_cast<const arrow::DictionaryArray&>(*batch.GetColumnByName("symbol"));
  const auto& names = dynamic_cast<const arrow::StringArray&>(*symbols.dictionary());
  const auto& prices = dynamic_cast<const arrow::DoubleArray&>(*batch.GetColumnByName("price"));
  for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
    Mean& mean = means[names.GetString(symbols.GetValueIndex(row))];
    mean.sum += prices.Value(row);
    ++mean.count;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: tick_reader NAME\n";
    return 2;
  }
  try {
    qads::arrow::ReaderOptions options;
    options.wait = std::chrono::seconds(60);  // for a writer that comes later
    qads::arrow::Reader reader(argv[1], options);
    std::map<std::string, Mean> means;
    for (const auto& batch : reader) add(*batch, means);
    for (const auto& [symbol, mean] : means) {
      std::cout << symbol << ": " << mean.count << " ticks, mean price "
                << mean.sum / static_cast<double>(mean.count) << '\n';
    }
    const qads::arrow::ReaderStats stats = reader.stats();
    std::cout << stats.batches << " batches, " << stats.bytes << " bytes, " << stats.bytes_copied
              << " copied\n";
  } catch (const qads::arrow::Error& error) {
    std::cerr << error.code_name() << ": " << error.what() << '\n';
    return 1;
  }
}
