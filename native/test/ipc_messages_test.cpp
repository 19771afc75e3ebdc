// The messages that a verifier hands out: what it checked, whatever the slot says by now.

#include <atomic>
#include <string>
#include <thread>

#include "ipc_support.hpp"

namespace {

using namespace qads;
using namespace qads::test;

/// The messages of a slot, cut out of it.
Bytes cut_out(const Bytes& slot, const Layout& layout) {
  Bytes messages;
  const auto add = [&](double offset, double length) {
    const auto begin = slot.begin() + static_cast<std::ptrdiff_t>(offset) - 8;
    messages.insert(messages.end(), begin, begin + 8 + static_cast<std::ptrdiff_t>(length));
  };
  add(layout[kLayoutSchemaOffset], layout[kLayoutSchemaLength]);
  const double* words = layout.data() + kLayoutWords;
  for (double left = layout[kLayoutDictionaryBatches]; left >= 0; --left, words += block_words(words)) {
    add(words[kBlockMetadataOffset], words[kBlockMetadataLength]);
  }
  return messages;
}

Bytes handed_out(SlotVerifier& verifier) {
  const MessageBytes messages = verifier.messages();
  return {messages.data, messages.data + messages.length};
}

}  // namespace

TEST_CASE("the messages of every slot of the corpus are handed out, whether it is new, known, or new again") {
  SlotVerifier verifier;
  for (const auto& path : slots_in("ipc")) {
    const Bytes slot = read_file(path);
    for (int times = 0; times < 3; ++times) {
      Layout layout;
      REQUIRE(verifier.verify(slot.data(), slot.size(), layout).ok());
      CHECK(handed_out(verifier) == cut_out(slot, layout));
    }
  }
}

TEST_CASE("messages that were overwritten after they were verified are put back into a copy of the slot") {
  for (const auto& path : slots_in("ipc")) {
    const Bytes sound = read_file(path);
    SlotVerifier verifier;
    Layout layout;
    REQUIRE(verifier.verify(sound.data(), sound.size(), layout).ok());
    Bytes copy = sound;
    const auto overwrite = [&](double offset, double length) {
      const auto begin = copy.begin() + static_cast<std::ptrdiff_t>(offset) - 8;
      std::fill(begin, begin + 8 + static_cast<std::ptrdiff_t>(length), std::uint8_t{0xA5});
    };
    overwrite(layout[kLayoutSchemaOffset], layout[kLayoutSchemaLength]);
    const double* words = layout.data() + kLayoutWords;
    for (double left = layout[kLayoutDictionaryBatches]; left >= 0; --left, words += block_words(words)) {
      overwrite(words[kBlockMetadataOffset], words[kBlockMetadataLength]);
    }
    put_messages(verifier.messages(), layout, copy.data());
    CHECK(copy == sound);
  }
}

#if !defined(__SANITIZE_THREAD__)  // the race is the point
TEST_CASE("bytes that come while a slot is verified are never among the messages that are handed out") {
  for (const char* name : {"py-f64", "py-dictionary", "py-utf8"}) {
    const Bytes sound = corpus_slot(name);
    Exact slot(sound);
    const Layout layout = verify(sound).layout;
    const Bytes messages = cut_out(sound, layout);
    // The first byte of the record batch's root offset: with it changed the message is refused.
    Bytes copy = sound;
    const std::size_t at = block_of(copy, layout, static_cast<std::size_t>(layout[kLayoutDictionaryBatches]))
                               .word(kBlockMetadataOffset);
    copy[at] ^= 0x40;
    REQUIRE(!verify(copy).result.ok());
    std::atomic<bool> stop{false};
    std::thread peer([&] {
      auto* byte = reinterpret_cast<std::atomic<std::uint8_t>*>(slot.data() + at);
      while (!stop) byte->fetch_xor(0x40);
    });
    const int enough = testing::quick() ? 500 : 5000;
    for (int accepted = 0; accepted < enough;) {
      SlotVerifier fresh;
      Layout words;
      if (!fresh.verify(slot.data(), slot.size(), words).ok()) continue;
      ++accepted;
      CHECK(handed_out(fresh) == messages);
    }
    stop = true;
    peer.join();
  }
}
#endif
