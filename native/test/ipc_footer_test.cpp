// The footer of a slot against its messages.

#include <functional>
#include <set>

#include "ipc_support.hpp"

namespace {

using namespace qads;
using namespace qads::test;

/// Damages a sound slot and returns why it is refused then.
std::string reason_after_bytes(const std::string& name, const std::function<void(Bytes&)>& damage) {
  Bytes slot = corpus_slot(name);
  damage(slot);
  return verify(slot).reason();
}

}  // namespace

TEST_CASE("the footer must describe the messages") {
  const auto change_block = [](std::size_t back, std::uint8_t change) {
    return reason_after_bytes("py-mixed", [=](Bytes& slot) {
      const Layout layout = verify(slot).layout;
      const auto start = static_cast<std::int64_t>(
          block_of(slot, layout, static_cast<std::size_t>(layout[kLayoutDictionaryBatches]))
              .word(kBlockMetadataOffset) -
          8);
      std::string offset(8, '\0');
      std::memcpy(offset.data(), &start, 8);
      slot[find_last(slot, offset) + back] ^= change;
    });
  };
  const std::string elsewhere = "footer points to another place than the message";
  CHECK_EQ(change_block(0, 8), elsewhere);
  CHECK_EQ(change_block(8, 8), elsewhere);
  CHECK_EQ(change_block(16, 8), elsewhere);
  CHECK_EQ(change_block(23, 0x80), elsewhere);
  // The four bytes of padding in a block mean nothing.
  CHECK_EQ(change_block(12, 1), "");
  CHECK_EQ(reason_after_bytes("py-names", [](Bytes& slot) { slot[find_last(slot, "\xc3\xbc")] = 0xc2; }),
           "schema of the footer differs from the slot's");
  CHECK_EQ(reason_after_bytes("py-metadata", [](Bytes& slot) { ++slot[find_last(slot, "table")]; }),
           "schema of the footer differs from the slot's");
}

TEST_CASE("blocks of a footer that lie in each other or in its schema are refused") {
  // Otherwise a known footer, of which only the blocks may change, could be made to change its schema.
  const Bytes sound = corpus_slot("py-mixed");
  std::uint32_t footer_length;
  std::memcpy(&footer_length, &sound[sound.size() - 10], 4);
  const std::size_t begin = sound.size() - 10 - footer_length;
  const std::size_t footer = follow(sound, begin);
  const std::size_t dictionaries = field_position(sound, footer, 2);
  const std::size_t record_batches = field_position(sound, footer, 3);
  std::set<std::string> reasons;
  for (const std::size_t field : {dictionaries, record_batches}) {
    for (std::size_t target = field + 4; target + 28 <= begin + footer_length; target += 4) {
      if (target == follow(sound, field)) continue;
      Bytes slot = sound;
      store(slot, field, target - field);
      store(slot, target, 1);
      reasons.insert(verify(slot).reason());
    }
  }
  CHECK_EQ(reasons.count(""), 0u);
  CHECK_EQ(reasons.count("footer blocks overlap"), 1u);
  CHECK_EQ(reasons.count("flatbuffer tables overlap other data"), 1u);
  CHECK_EQ(reasons.count("flatbuffer vector overlaps other data"), 1u);
}

TEST_CASE("footers of many forms may follow one schema") {
  const Bytes sound = corpus_slot("py-mixed");
  SlotVerifier verifier;
  Layout layout;
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t longer = 0; longer < 56; longer += 8) {
      Bytes slot = sound;
      std::uint32_t length;
      std::memcpy(&length, &slot[slot.size() - 10], 4);
      length += longer;
      std::memcpy(&slot[slot.size() - 10], &length, 4);
      slot.insert(slot.end() - 10, longer, 0);
      const VerifyResult result = verifier.verify(slot.data(), slot.size(), layout);
      CHECK(result.ok());
      CHECK_EQ(result.schema_id, 1u);
      // A known form does not make the blocks trusted.
      const auto start = static_cast<std::uint64_t>(layout[kLayoutWords + kBlockMetadataOffset] - 8);
      const std::string block(reinterpret_cast<const char*>(&start), 8);
      slot[find_last(slot, block)] ^= 8;
      CHECK(!verifier.verify(slot.data(), slot.size(), layout).ok());
    }
  }
}

TEST_CASE("a footer length that does not fit is refused") {
  const auto with_length = [](std::uint32_t length) {
    return reason_after_bytes("py-i32",
                              [=](Bytes& slot) { std::memcpy(&slot[slot.size() - 10], &length, 4); });
  };
  CHECK_EQ(with_length(0), "footer length is impossible");
  CHECK_EQ(with_length(0x80000000u), "footer length is impossible");
  CHECK_EQ(with_length(1u << 20), "footer is longer than the slot");
  CHECK_EQ(with_length(9), "footer is not aligned to 8 bytes");
}
