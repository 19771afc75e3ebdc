// What the C++ reader and the C ABI verify, and what a peer can do to them by writing into the ring.
#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/writer.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "ipc_support.hpp"
#include "number_batch.hpp"
#include "qadataswap/arrow.hpp"
#include "support.hpp"

using namespace qads::arrow;
using namespace qads::arrow::test;
using qads::test::Bytes;
using qads::test::bytes_of_bodies;
using qads::test::unique_name;
using qads::testing::require_throws;

namespace {

/// Puts bytes into a ring as they are, and knows where: what a hostile writer can do.
class RawWriter {
 public:
  explicit RawWriter(const std::string& name, std::uint32_t mode = 0600) {
    qads_writer_options options;
    qads_writer_options_init(&options);
    options.mode = mode;
    REQUIRE(qads_writer_create(name.c_str(), &options, &writer_) == QADS_OK);
  }
  ~RawWriter() { qads_writer_free(writer_); }
  RawWriter(const RawWriter&) = delete;
  RawWriter& operator=(const RawWriter&) = delete;

  std::uint8_t* write(const Bytes& slot) {
    qads_claim claim;
    REQUIRE(qads_writer_claim(writer_, slot.size(), 60'000, &claim) == QADS_OK);
    std::memcpy(claim.data, slot.data(), slot.size());
    REQUIRE(qads_writer_commit(writer_, slot.size(), 1, nullptr) == QADS_OK);
    return claim.data;
  }

 private:
  qads_writer* writer_ = nullptr;
};

Bytes file_of(const ::arrow::RecordBatch& batch) {
  const auto sink = value_of(::arrow::io::BufferOutputStream::Create());
  const auto writer = value_of(::arrow::ipc::MakeFileWriter(sink, batch.schema()));
  REQUIRE(writer->WriteRecordBatch(batch).ok() && writer->Close().ok());
  const auto bytes = value_of(sink->Finish());
  return {bytes->data(), bytes->data() + bytes->size()};
}

std::vector<bool> bodies_of(const Bytes& slot) {
  return bytes_of_bodies(qads::test::verify(slot).layout, slot.size());
}

ReaderOptions verifying(Verify verify) {
  ReaderOptions options;
  options.verify = verify;
  return options;
}

}  // namespace

TEST_CASE("metadata overwritten after the peek is in nothing that the C ABI hands out") {
  for (const std::int64_t rows : {kSmallRows, kLargeRows}) {
    const std::string name = unique_name();
    const Bytes slot = file_of(*number_batch(7, rows));
    const std::vector<bool> body = bodies_of(slot);
    RawWriter writer(name);
    std::uint8_t* const ring = writer.write(slot);
    qads_reader* reader = nullptr;
    REQUIRE(qads_reader_attach(name.c_str(), nullptr, &reader) == QADS_OK);
    const std::uint8_t* messages = nullptr;
    std::uint64_t length = 0;
    CHECK_EQ(qads_reader_messages(reader, &messages, &length), static_cast<int>(QADS_ERR_INVALID_ARGUMENT));
    qads_batch batch;
    REQUIRE(qads_reader_peek(reader, 0, &batch) == QADS_OK);
    for (std::size_t at = 0; at < slot.size(); ++at) {
      if (!body[at]) ring[at] = 0x51;
    }
    REQUIRE(qads_reader_messages(reader, &messages, &length) == QADS_OK);
    const auto schema = static_cast<std::size_t>(batch.layout[qads::kLayoutSchemaOffset]) - 8;
    const auto end = static_cast<std::size_t>((batch.layout + qads::kLayoutWords)[qads::kBlockBodyOffset]);
    CHECK(Bytes(messages, messages + length) == Bytes(slot.begin() + static_cast<std::ptrdiff_t>(schema),
                                                      slot.begin() + static_cast<std::ptrdiff_t>(end)));
    qads_lease* lease = nullptr;
    const std::uint8_t* data = nullptr;
    REQUIRE(qads_reader_take(reader, &lease, &data) == QADS_OK);
    CHECK_EQ(data == batch.data, rows == kLargeRows);
    if (rows == kSmallRows) CHECK(std::memcmp(data + schema, slot.data() + schema, end - schema) == 0);
    qads_lease_release(lease);
    qads_reader_free(reader);
  }
}

#if !defined(__SANITIZE_THREAD__)  // the race is the point
TEST_CASE("a peer that keeps changing metadata gets batches refused, and no more") {
  for (const std::int64_t rows : {kSmallRows, kLargeRows}) {
    const std::string name = unique_name();
    const Bytes slot = file_of(*number_batch(7, rows));
    const std::vector<bool> body = bodies_of(slot);
    std::vector<std::size_t> places;
    for (std::size_t at = 8; at < slot.size(); ++at) {
      if (!body[at]) places.push_back(at);
    }
    RawWriter writer(name);
    Reader reader(name);
    std::atomic<std::uint8_t*> target{nullptr};
    std::atomic<bool> stop{false};
    std::thread peer([&] {
      for (std::size_t next = 0; !stop; ++next) {
        std::uint8_t* const ring = target;
        if (ring == nullptr) continue;
        auto* byte = reinterpret_cast<std::atomic<std::uint8_t>*>(ring + places[next * 7919 % places.size()]);
        byte->fetch_xor(static_cast<std::uint8_t>(1u << next % 8));
      }
    });
    const int enough = qads::testing::quick() ? 50 : 500;
    for (int read = 0, refused = 0; read < enough || refused < enough;) {
      target = writer.write(slot);
      std::this_thread::yield();
      try {
        const auto batch = reader.read(Timeout{60'000});
        CHECK(batch->Validate().ok());
        ++read;
      } catch (const Error& error) {
        CHECK_EQ(error.code(), QADS_ERR_CORRUPT);
        ++refused;
      }
      target = nullptr;
    }
    stop = true;
    peer.join();
  }
}
#endif

TEST_CASE("values are verified by default only where others can write, or as asked") {
  const auto verified = [](std::uint32_t mode, Verify verify) {
    const std::string name = unique_name();
    const RawWriter writer(name, mode);
    return Reader(name, verifying(verify)).verifies();
  };
  CHECK(verified(0600, Verify::automatic) == Verify::metadata);
  CHECK(verified(0660, Verify::automatic) == Verify::values);
  CHECK(verified(0600, Verify::values) == Verify::values);
  CHECK(verified(0660, Verify::metadata) == Verify::metadata);
  const auto error = require_throws<Error>([&] { verified(0600, static_cast<Verify>(3)); });
  CHECK_EQ(error.code(), QADS_ERR_INVALID_ARGUMENT);
}

TEST_CASE("with values verified no flipped bit of a body leads an Arrow reader astray, compressed or not") {
  for (const char* slot_name : {"py-utf8", "py-list", "py-dictionary", "py-union-dense", "py-mixed-zstd",
                                "py-mixed-lz4", "polars-frame-zstd"}) {
    const Bytes sound = qads::test::corpus_slot(slot_name);
    const std::vector<bool> body = bodies_of(sound);
    const std::string name = unique_name();
    RawWriter writer(name);
    Reader reader(name, verifying(Verify::values));
    int refused = 0;
    for (std::size_t bit = 0; bit < 8 * sound.size(); bit += qads::testing::quick() ? 7 : 1) {
      if (!body[bit / 8]) continue;
      Bytes slot = sound;
      slot[bit / 8] = static_cast<std::uint8_t>(slot[bit / 8] ^ (1u << (bit % 8)));
      writer.write(slot);
      try {
        const auto batch = reader.read(Timeout{60'000});
        for (const auto& column : batch->columns()) CHECK(!column->ToString().empty());
      } catch (const Error& error) {
        CHECK_EQ(error.code(), QADS_ERR_CORRUPT);
        ++refused;
      }
    }
    CHECK(refused > 0);
  }
}
