// Slots that a verifier has seen before, but for their values.

#include <atomic>
#include <string>
#include <thread>

#include "ipc/memo.hpp"
#include "ipc_support.hpp"

namespace {

using namespace qads;
using namespace qads::test;

/// A verifier, and what it says.
struct Judge {
  SlotVerifier verifier;
  Layout layout;
  VerifyResult result;

  const VerifyResult& verify(const Bytes& bytes) {
    Exact copy(bytes);
    return result = verifier.verify(copy.data(), copy.size(), layout);
  }

  std::uint32_t layout_id_of(const Bytes& bytes) {
    CHECK(verify(bytes).ok());
    return result.layout_id;
  }

  std::string reason_of_values(const Bytes& bytes) {
    Exact copy(bytes);
    const char* const reason = verifier.verify_values(copy.data(), layout).reason;
    return reason == nullptr ? "" : reason;
  }
};

/// Whether both give the verdict, and what goes with it.
bool agree(const Judge& one, const Judge& other) {
  return one.result.reason == other.result.reason && one.result.offset == other.result.offset &&
         one.result.fingerprint == other.result.fingerprint && one.layout == other.layout;
}

/// Another slot for each number.
Bytes numbered(Bytes slot, std::uint32_t number) {
  const std::size_t at = padding_in_footer(slot.data(), verify(slot).layout, slot.size());
  REQUIRE(at != 0);
  store(slot, at, number);
  return slot;
}

/// Slots that nothing but their metadata decides on.
const char* const kByMetadata[] = {"py-f64",
                                   "js-py-f64",
                                   "py-i64",
                                   "py-bool",
                                   "py-null",
                                   "py-fixed-list",
                                   "py-0-columns-3-rows",
                                   "py-utf8-view",
                                   "rs64-py-list-view",
                                   "py-batch-metadata",
                                   "js-py-footer-metadata"};

}  // namespace

TEST_CASE("a slot with the same metadata and other values is known again") {
  for (const char* name : kByMetadata) {
    Bytes slot = corpus_slot(name);
    Judge seen;
    CHECK_EQ(seen.layout_id_of(slot), 1u);
    const Layout layout = seen.layout;
    const VerifyResult first = seen.result;
    const std::vector<bool> body = bytes_of_bodies(layout, slot.size());
    for (std::size_t at = 0; at < slot.size(); ++at) {
      if (body[at]) slot[at] ^= 0xFF;
    }
    CHECK_EQ(seen.layout_id_of(slot), 1u);
    CHECK_EQ(seen.result.schema_id, first.schema_id);
    CHECK_EQ(seen.result.fingerprint, first.fingerprint);
    CHECK(seen.layout == layout);
  }
}

TEST_CASE("a slot that was seen before is judged like a new one with any byte changed") {
  for (const char* name : kByMetadata) {
    Bytes slot = corpus_slot(name);
    Judge good;
    REQUIRE(good.layout_id_of(slot) == 1);
    const std::vector<bool> body = bytes_of_bodies(good.layout, slot.size());
    for (std::size_t at = 0; at < slot.size(); ++at) {
      for (const int mask : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF}) {
        Judge seen, fresh;
        (void)seen.verify(slot);
        slot[at] = static_cast<std::uint8_t>(slot[at] ^ mask);
        (void)seen.verify(slot);
        (void)fresh.verify(slot);
        slot[at] = static_cast<std::uint8_t>(slot[at] ^ mask);
        const std::string what = std::string(name) + ", byte " + std::to_string(at);
        CHECK_EQ(agree(seen, fresh) ? what : what + " is judged otherwise", what);
        // Only values may change under a number.
        CHECK_EQ(seen.result.layout_id == 1, bool{body[at]});
        CHECK(seen.result.ok() || seen.result.layout_id == 0);
      }
    }
  }
}

TEST_CASE("a slot of another length is another one") {
  const Bytes slot = corpus_slot("py-f64");
  Judge seen;
  REQUIRE(seen.layout_id_of(slot) == 1);
  const Layout layout = seen.layout;
  Bytes copy = slot;
  const Block block = block_of(copy, layout, 0);
  const auto end = static_cast<std::ptrdiff_t>(block.word(kBlockBodyOffset) + block.word(kBlockBodyLength));
  // More body than its metadata says, and more between the end of the stream and the footer, where it may be.
  for (const std::ptrdiff_t at : {end, end + 8}) {
    Bytes longer = slot;
    longer.insert(longer.begin() + at, 8, 0);
    Judge fresh;
    (void)fresh.verify(longer);
    (void)seen.verify(longer);
    CHECK(agree(seen, fresh));
    CHECK_EQ(seen.result.ok(), at != end);
    CHECK(seen.result.layout_id != 1);
    CHECK_EQ(seen.layout_id_of(slot), 1u);
  }
  for (std::size_t length = 0; length < slot.size(); ++length) {
    CHECK(!seen.verify(Bytes(slot.begin(), slot.begin() + static_cast<std::ptrdiff_t>(length))).ok());
  }
  CHECK_EQ(seen.layout_id_of(slot), 1u);
}

TEST_CASE("a slot whose body had a say, or that has dictionaries, is not remembered") {
  for (const char* name :
       {"py-utf8", "py-large-utf8", "py-binary", "py-list", "py-map", "py-ree16", "py-mixed", "py-long-lz4",
        "py-long-zstd", "py-dictionary", "js-own-delta", "js-own-no-values"}) {
    const Bytes slot = corpus_slot(name);
    Judge judge;
    for (int i = 0; i < 3; ++i) CHECK_EQ(judge.layout_id_of(slot), 0u);
  }
}

TEST_CASE("what the body says is looked at each time") {
  const auto refused_after = [](const char* name, auto&& damage) {
    Bytes slot = corpus_slot(name);
    Judge seen, fresh;
    for (int i = 0; i < 3; ++i) CHECK(seen.verify(slot).ok());
    const Layout layout = seen.layout;
    Block block = block_of(slot, layout, 0);
    damage(block);
    (void)seen.verify(slot);
    (void)fresh.verify(slot);
    return !fresh.result.ok() && agree(seen, fresh);
  };
  CHECK(refused_after("py-utf8", [](Block& b) { b.set_value<std::int32_t>(1, 5, 1 << 30); }));
  CHECK(refused_after("py-list", [](Block& b) { b.set_value<std::int32_t>(1, 5, 1 << 30); }));
  CHECK(refused_after("py-ree16", [](Block& b) { b.set_value<std::int16_t>(1, 2, 4); }));
  CHECK(refused_after("py-long-zstd", [](Block& b) { b.set_value<std::int64_t>(4, 0, 119); }));
}

TEST_CASE("the slot not seen for longest is forgotten first, and gets a new number") {
  const Bytes slot = corpus_slot("py-f64");
  Judge judge;
  std::uint32_t id = 0;
  for (std::uint32_t i = 0; i < ipc::SlotMemo::kMaxSlots; ++i) {
    CHECK_EQ(judge.layout_id_of(numbered(slot, i)), ++id);
  }
  for (std::uint32_t i = 0; i < ipc::SlotMemo::kMaxSlots; ++i) {
    CHECK_EQ(judge.layout_id_of(numbered(slot, i)), i + 1);
  }
  CHECK_EQ(judge.layout_id_of(numbered(slot, 0)), 1u);
  CHECK_EQ(judge.layout_id_of(numbered(slot, 100)), ++id);
  CHECK_EQ(judge.layout_id_of(numbered(slot, 0)), 1u);
  CHECK_EQ(judge.layout_id_of(numbered(slot, 1)), ++id);
  CHECK_EQ(judge.layout_id_of(numbered(slot, 1)), id);
}

TEST_CASE("a stream whose metadata is always new is soon remembered now and then only") {
  const Bytes slot = corpus_slot("py-f64");
  const std::uint32_t credit = ipc::SlotMemo::kMaxCredit;
  Judge judge;
  std::uint32_t remembered = 0;
  std::uint32_t number = 0;
  for (; number < 20 * credit; ++number) remembered += judge.layout_id_of(numbered(slot, number)) != 0;
  CHECK_EQ(remembered, credit + 19);
  // What comes again is known again before long, of several in turn too.
  for (std::uint32_t i = 0; i < 2 * credit; ++i) (void)judge.verify(numbered(slot, number + i % 3));
  for (std::uint32_t i = 0; i < 3; ++i) {
    const Bytes one = numbered(slot, number + i);
    const std::uint32_t id = judge.layout_id_of(one);
    CHECK(id != 0);
    CHECK_EQ(judge.layout_id_of(one), id);
  }
}

TEST_CASE("a slot with much between its messages and its footer is not remembered") {
  Bytes slot = corpus_slot("py-f64");
  const Layout layout = verify(slot).layout;
  const Block block = block_of(slot, layout, 0);
  const auto end = static_cast<std::ptrdiff_t>(block.word(kBlockBodyOffset) + block.word(kBlockBodyLength));
  slot.insert(slot.begin() + end + 8, 1 << 20, 0);
  Judge judge;
  for (int i = 0; i < 2; ++i) CHECK_EQ(judge.layout_id_of(slot), 0u);
  CHECK(judge.layout == layout);
}

TEST_CASE("a slot is forgotten with its schema") {
  const Bytes slot = corpus_slot("py-i64");
  Judge judge;
  REQUIRE(judge.layout_id_of(slot) == 1);
  const Layout layout = judge.layout;
  // Schemas of slots that are not remembered: so the slot is not pushed out by others.
  std::uint32_t schemas = 1;
  for (const auto& path : slots_in("ipc")) {
    const Bytes other = read_file(path);
    if (schemas > 16 || verify(other).result.layout_id != 0) continue;
    CHECK_EQ(judge.layout_id_of(other), 0u);
    schemas = std::max(schemas, judge.result.schema_id);
  }
  REQUIRE(schemas == 17);
  CHECK_EQ(judge.layout_id_of(slot), 2u);
  CHECK_EQ(judge.result.schema_id, 18u);
  CHECK(judge.layout == layout);
  CHECK_EQ(judge.reason_of_values(slot), "");
}

TEST_CASE("a schema whose slots are known again stays in use") {
  const Bytes slot = corpus_slot("py-i64");
  Judge judge;
  std::uint32_t schemas = 0;
  for (const auto& path : slots_in("ipc")) {
    CHECK_EQ(judge.layout_id_of(slot), 1u);
    CHECK_EQ(judge.result.schema_id, 1u);
    const Bytes other = read_file(path);
    if (verify(other).result.layout_id != 0) continue;
    (void)judge.verify(other);
    schemas = std::max(schemas, judge.result.schema_id);
  }
  CHECK(schemas > 32);
}

TEST_CASE("values can be verified after a slot is known again, whatever came before") {
  Bytes slot = corpus_slot("py-i64");
  Judge judge;
  CHECK_EQ(judge.layout_id_of(slot), 1u);
  CHECK(judge.verify(corpus_slot("py-dictionary-nested")).ok());
  CHECK(!judge.verify({}).ok());
  CHECK_EQ(judge.layout_id_of(slot), 1u);
  CHECK_EQ(judge.reason_of_values(slot), "");
  // The validity bits of another number of nulls.
  const Layout layout = judge.layout;
  slot[block_of(slot, layout, 0).buffer_offset(0)] ^= 1;
  const std::string reason = reason_of_values(slot);
  CHECK(!reason.empty());
  CHECK_EQ(judge.layout_id_of(slot), 1u);
  CHECK_EQ(judge.reason_of_values(slot), reason);
  CHECK_EQ(judge.verifier.verify_values(slot.data(), layout).layout_id, 1u);
}

#if !defined(__SANITIZE_THREAD__)  // the race is the point
TEST_CASE("bytes that come while a slot is verified are not remembered in place of those that were checked") {
  const Bytes sound = corpus_slot("py-f64");
  Exact slot(sound);
  Judge good;
  REQUIRE(good.layout_id_of(sound) == 1);
  Bytes copy = sound;
  const Block block = block_of(copy, good.layout, 0);
  const std::size_t end = block.word(kBlockBodyOffset) + block.word(kBlockBodyLength);
  const auto schema = static_cast<std::size_t>(good.layout[kLayoutSchemaOffset]);
  const std::size_t metadata = block.word(kBlockMetadataOffset);
  for (const std::size_t at : {std::size_t{0}, schema - 4, schema, metadata - 4, metadata, end, end + 8 + 4,
                               sound.size() - 10, sound.size() - 1}) {
    Bytes bad = sound;
    bad[at] ^= 0x40;
    const bool refused = !verify(bad).result.ok();
    std::atomic<bool> stop{false};
    std::thread peer([&] {
      auto* byte = reinterpret_cast<std::atomic<std::uint8_t>*>(slot.data() + at);
      while (!stop) byte->fetch_xor(0x40);
      byte->store(sound[at]);
    });
    for (int i = 0; i < (testing::quick() ? 2000 : 10000); ++i) {
      Judge fresh;
      const bool accepted = fresh.verifier.verify(slot.data(), slot.size(), fresh.layout).ok();
      CHECK(!accepted || stays_inside(fresh.layout, slot.size()));
      CHECK(fresh.verify(bad).ok() != refused);
      CHECK(fresh.verify(sound).ok() && fresh.layout == good.layout);
    }
    stop = true;
    peer.join();
  }
}
#endif
