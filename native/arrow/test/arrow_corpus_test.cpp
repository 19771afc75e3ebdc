// Slots that other writers filled, and slots that nobody should have: read as Arrow reads the same bytes as a
// file.
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>

#include <cstring>

#include "ipc_support.hpp"
#include "number_batch.hpp"
#include "qadataswap/arrow.hpp"
#include "support.hpp"

using namespace qads::arrow;
using namespace qads::arrow::test;
using qads::test::read_file;
using qads::test::slots_in;
using qads::test::unique_name;
using qads::testing::require_throws;

namespace {

/// Writes bytes as they are: what another language's writer does.
class RawWriter {
 public:
  explicit RawWriter(const std::string& name) {
    REQUIRE(qads_writer_create(name.c_str(), nullptr, &writer_) == QADS_OK);
  }
  ~RawWriter() { qads_writer_free(writer_); }
  RawWriter(const RawWriter&) = delete;
  RawWriter& operator=(const RawWriter&) = delete;

  void write(const qads::test::Bytes& slot) {
    qads_claim claim;
    REQUIRE(qads_writer_claim(writer_, slot.size(), 60'000, &claim) == QADS_OK);
    std::memcpy(claim.data, slot.data(), slot.size());
    REQUIRE(qads_writer_commit(writer_, slot.size(), 1, nullptr) == QADS_OK);
  }

 private:
  qads_writer* writer_ = nullptr;
};

::arrow::Result<std::shared_ptr<::arrow::RecordBatch>> read_as_file(const qads::test::Bytes& slot) {
  const auto bytes = std::make_shared<::arrow::Buffer>(slot.data(), static_cast<std::int64_t>(slot.size()));
  // ThreadSanitizer does not see what orders the threads of a library that comes without instrumentation.
  auto options = ::arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;
  ARROW_ASSIGN_OR_RAISE(const auto reader, ::arrow::ipc::RecordBatchFileReader::Open(
                                               std::make_shared<::arrow::io::BufferReader>(bytes), options));
  return reader->ReadRecordBatch(0);
}

}  // namespace

TEST_CASE("every slot of the corpus is read as Arrow reads it as a file") {
  const std::string name = unique_name();
  RawWriter writer(name);
  Reader reader(name);
  std::size_t equal = 0;
  for (const auto& path : slots_in("ipc")) {
    const auto slot = read_file(path);
    const auto expected = read_as_file(slot);
    writer.write(slot);
    if (!expected.ok()) {
      const Error error = require_throws<Error>([&] { reader.read(); });
      CHECK_EQ(error.code(), QADS_ERR_CORRUPT);
      continue;
    }
    const auto got = reader.read();
    const bool same = got->Equals(**expected) && got->schema()->Equals(*(*expected)->schema(), true);
    if (!same) qads::testing::record_failure({__FILE__, __LINE__}, path.string());
    if (same) ++equal;
  }
  CHECK(equal > 100);
}

TEST_CASE("a slot that is refused is an error with a code, and the next one is read") {
  const std::string name = unique_name();
  RawWriter writer(name);
  Reader reader(name);
  const auto sound = qads::test::corpus_slot("py-mixed");
  const auto expected = read_as_file(sound);
  REQUIRE(expected.ok());
  for (const auto& path : slots_in("ipc-refused")) {
    writer.write(read_file(path));
    writer.write(sound);
    const Error error = require_throws<Error>([&] { reader.read(); });
    CHECK_EQ(error.code(), QADS_ERR_CORRUPT);
    CHECK(std::string(error.what()).find(name) != std::string::npos);
    CHECK(reader.read()->Equals(**expected));
  }
}
