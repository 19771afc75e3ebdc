// Sends every file of a folder through an arena of its own: send FOLDER PREFIX.
#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>

#include "programs.hpp"

namespace {

void send(const std::filesystem::path& path, qads::arrow::Writer& writer) {
  const auto file =
      checked(arrow::ipc::RecordBatchFileReader::Open(checked(arrow::io::ReadableFile::Open(path))));
  for (int i = 0; i < file->num_record_batches(); ++i) {
    const auto batch = checked(file->ReadRecordBatch(i));
    writer.write(*batch);
    if (batch->num_rows() >= 8) writer.write(*batch->Slice(3, 5));
    writer.write(*batch->Slice(0, 0));
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: send FOLDER PREFIX\n";
    return 2;
  }
  const std::filesystem::path folder = arguments[1];
  for_each_case(folder, [&](const std::string& name) {
    const auto path = folder / (name + ".arrow");
    const double size_mb = std::filesystem::file_size(path) > (1u << 20) ? 32 : 1;
    qads::arrow::Writer writer(std::string(arguments[2]) + "." + name,
                               qads::arrow::WriterOptions().with_size_mb(size_mb));
    writer.drained(true);
    send(path, writer);
    writer.finish();
  });
}
