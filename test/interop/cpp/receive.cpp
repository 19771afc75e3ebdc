// Keeps what comes through the arenas of `send`, one file a batch: receive PREFIX FOLDER TARGET.
#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>

#include "programs.hpp"

int main(int count, char** arguments) {
  if (count != 4) {
    std::cerr << "usage: receive PREFIX FOLDER TARGET\n";
    return 2;
  }
  const std::filesystem::path target = arguments[3];
  for_each_case(arguments[2], [&](const std::string& name) {
    qads::arrow::ReaderOptions options;
    options.wait = std::chrono::seconds(60);
    qads::arrow::Reader reader(std::string(arguments[1]) + "." + name, options);
    int number = 0;
    for (const auto& batch : reader) {
      const auto path = target / (name + "." + std::to_string(number++) + ".arrow");
      const auto sink = checked(arrow::io::FileOutputStream::Open(path));
      const auto file = checked(arrow::ipc::MakeFileWriter(sink, batch->schema()));
      checked(file->WriteRecordBatch(*batch));
      checked(file->Close());
      checked(sink->Close());
    }
  });
}
