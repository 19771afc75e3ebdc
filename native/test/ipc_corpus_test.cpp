// Every slot of the corpus, whole and damaged. The corpus is written by apache-arrow, pyarrow, arrow-rs and
// Polars; native/fuzz/corpus.sh makes it.

#include <atomic>
#include <limits>
#include <sstream>
#include <thread>

#include "ipc/hash.hpp"
#include "ipc_support.hpp"

namespace {

using namespace qads;
using namespace qads::test;

Layout expected_layout(std::filesystem::path slot) {
  std::ifstream file(slot.replace_extension(".layout"));
  return {std::istream_iterator<double>(file), {}};
}

/// Verifies the slot with a verifier that knows the schema and with a new one. They must agree, and a layout
/// must stay inside of the slot; its values are then looked at, which must not lead outside either.
void check_damaged(SlotVerifier& warm, Exact& slot, const std::string& name, std::size_t byte) {
  static Layout cold_layout, warm_layout;
  SlotVerifier cold;
  const VerifyResult result = cold.verify(slot.data(), slot.size(), cold_layout);
  const VerifyResult again = warm.verify(slot.data(), slot.size(), warm_layout);
  if (result.ok() != again.ok() || warm_layout != cold_layout) {
    const std::string what = name + ", byte " + std::to_string(byte) + ": ";
    CHECK_EQ(what + (again.ok() ? "ok when known" : again.reason),
             what + (result.ok() ? "ok when new" : result.reason));
  }
  if (!result.ok()) {
    CHECK(cold_layout.empty());
    CHECK(result.offset <= slot.size());
    return;
  }
  CHECK(stays_inside(cold_layout, slot.size()));
  (void)cold.verify_values(slot.data(), cold_layout);
}

}  // namespace

TEST_CASE("the corpus is there") { CHECK(slots_in("ipc").size() >= 150); }

TEST_CASE("every slot of the corpus is accepted, with the layout that apache-arrow sees") {
  for (const auto& path : slots_in("ipc")) {
    Exact slot(read_file(path));
    SlotVerifier verifier;
    Layout layout;
    const VerifyResult result = verifier.verify(slot.data(), slot.size(), layout);
    CHECK_EQ(path.filename().string() + (result.ok() ? "" : result.reason), path.filename().string());
    CHECK(layout == expected_layout(path));
    CHECK(stays_inside(layout, slot.size()));
  }
}

TEST_CASE("every value of the corpus is accepted; compressed ones are passed over") {
  for (const auto& path : slots_in("ipc")) {
    const std::string name = path.filename().string();
    CHECK_EQ(name + reason_of_values(read_file(path)), name);
  }
}

TEST_CASE("Arrow files that are no slots are refused with the reason") {
  const auto reason = [](const char* name) {
    return verify(read_file(kCorpus / "ipc-refused" / (std::string(name) + ".arrow"))).reason();
  };
  CHECK_EQ(reason("nested-65"), "fields are nested deeper than 64 levels");
  CHECK_EQ(reason("no-batch"), "stream ends before its record batch");
  CHECK_EQ(reason("two-batches"), "record batch is not followed by the end of the stream");
  CHECK_EQ(reason("union-v4-footer-v5"), "metadata version of the footer differs");
  CHECK_EQ(reason("ree-v4"), "run-end-encoded field in metadata older than V5");
  CHECK_EQ(reason("stream"), "slot does not end with ARROW1");
  CHECK_EQ(reason("legacy-framing"), "footer is not aligned to 8 bytes");
}

TEST_CASE("a slot cut at any length, from either side, is refused") {
  for (const auto& path : slots_in("ipc")) {
    const Bytes bytes = read_file(path);
    SlotVerifier verifier;
    Layout layout;
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      Exact head(bytes, length);
      CHECK(!verifier.verify(head.data(), length, layout).ok());
      Exact tail(Bytes(bytes.end() - static_cast<std::ptrdiff_t>(length), bytes.end()));
      CHECK(!verifier.verify(tail.data(), length, layout).ok());
    }
  }
}

TEST_CASE("a flipped bit is refused or leads nowhere outside, whether the schema is known or new") {
  // native/fuzz/ipc_flips.cpp goes through all of them.
  const std::size_t step = testing::quick() ? 41 : 11;
  for (const auto& path : slots_in("ipc")) {
    const std::string name = path.filename().string();
    Exact slot(read_file(path));
    SlotVerifier warm;
    Layout layout;
    REQUIRE(warm.verify(slot.data(), slot.size(), layout).ok());
    for (std::size_t bit = 0; bit < slot.size() * 8; bit += step) {
      const auto mask = static_cast<std::uint8_t>(1u << (bit % 8));
      slot.data()[bit / 8] ^= mask;
      check_damaged(warm, slot, name, bit / 8);
      slot.data()[bit / 8] ^= mask;
    }
  }
}

TEST_CASE("an extreme number in place of any word is refused or leads nowhere outside") {
  using Limits = std::numeric_limits<std::int64_t>;
  const std::int64_t extremes[] = {0, 1, -1, 8, 1 << 16, 0x7FFFFFFF, 1LL << 53, Limits::max(), Limits::min()};
  for (const auto& path : slots_in("ipc")) {
    const std::string name = path.filename().string();
    if (name.find(testing::quick() ? "py-mixed" : "py-") != 0) continue;
    Exact slot(read_file(path));
    SlotVerifier warm;
    Layout layout;
    REQUIRE(warm.verify(slot.data(), slot.size(), layout).ok());
    const std::vector<bool> body = bytes_of_bodies(layout, slot.size());
    for (std::size_t at = 0; at + 8 <= slot.size(); at += 4) {
      if (body[at]) continue;
      for (const std::size_t width : {std::size_t{2}, std::size_t{4}, std::size_t{8}}) {
        std::uint8_t saved[8];
        std::memcpy(saved, slot.data() + at, 8);
        for (const std::int64_t extreme : extremes) {
          std::memcpy(slot.data() + at, &extreme, width);
          check_damaged(warm, slot, name, at);
        }
        std::memcpy(slot.data() + at, saved, 8);
      }
    }
  }
}

#if !defined(__SANITIZE_THREAD__)  // the race is the point
TEST_CASE("a slot that a peer changes meanwhile never yields a layout that leads outside") {
  Exact slot(corpus_slot("py-dictionary-nested"));
  Layout layout;
  SlotVerifier first;
  REQUIRE(first.verify(slot.data(), slot.size(), layout).ok());
  const Layout sound = layout;
  std::atomic<bool> stop{false};
  std::thread peer([&] {
    std::uint32_t random = 1;
    while (!stop) {
      random = random * 1664525u + 1013904223u;
      const std::size_t at = (random >> 8) % slot.size();
      auto* byte = reinterpret_cast<std::atomic<std::uint8_t>*>(slot.data() + at);
      const std::uint8_t before = byte->fetch_xor(static_cast<std::uint8_t>(1u << (random >> 29)));
      byte->store(before);
    }
  });
  int accepted = 0;
  for (int i = 0; i < (testing::quick() ? 20000 : 100000); ++i) {
    SlotVerifier fresh;
    SlotVerifier& verifier = i % 2 == 0 ? first : fresh;
    if (!verifier.verify(slot.data(), slot.size(), layout).ok()) continue;
    ++accepted;
    CHECK(stays_inside(layout, slot.size()));
    (void)verifier.verify_values(slot.data(), layout);
  }
  stop = true;
  peer.join();
  CHECK(accepted > 0);
  CHECK(first.verify(slot.data(), slot.size(), layout).ok());
  CHECK(layout == sound);
}
#endif

TEST_CASE("the fingerprint is the hash of the schema message and depends on nothing else") {
  for (const auto& path : slots_in("ipc")) {
    Exact slot(read_file(path));
    SlotVerifier verifier;
    Layout layout;
    const VerifyResult result = verifier.verify(slot.data(), slot.size(), layout);
    std::uint64_t fingerprint = 0;
    REQUIRE(fingerprint_of_slot(slot.data(), slot.size(), fingerprint));
    CHECK_EQ(result.fingerprint, fingerprint);
    const auto offset = static_cast<std::size_t>(layout[kLayoutSchemaOffset]);
    CHECK_EQ(fingerprint,
             hash64(slot.data() + offset, static_cast<std::size_t>(layout[kLayoutSchemaLength])));
  }
  const auto whole = verify(corpus_slot("py-mixed")).result.fingerprint;
  CHECK_EQ(whole, verify(corpus_slot("py-mixed-sliced")).result.fingerprint);
  CHECK_EQ(whole, verify(corpus_slot("py-mixed-zstd")).result.fingerprint);
  CHECK(whole != verify(corpus_slot("py-metadata")).result.fingerprint);
}

TEST_CASE("who remembers the last schema gives the same fingerprints") {
  SlotFingerprints fingerprints;
  for (int round = 0; round < 2; ++round) {
    for (const auto& path : slots_in("ipc")) {
      Exact slot(read_file(path));
      std::uint64_t fingerprint = 0;
      REQUIRE(fingerprint_of_slot(slot.data(), slot.size(), fingerprint));
      for (int again = 0; again < 2; ++again)
        CHECK_EQ(fingerprints.of(slot.data(), slot.size()), fingerprint);
    }
    const Bytes text(100, 'x');
    CHECK_EQ(fingerprints.of(text.data(), text.size()), 0u);
  }
}

TEST_CASE("a fingerprint can be asked of any bytes") {
  for (const auto& path : slots_in("ipc")) {
    const Bytes bytes = read_file(path);
    std::uint64_t fingerprint;
    for (std::size_t length = 0; length < bytes.size(); length += 1 + length / 16) {
      Exact head(bytes, length);
      (void)fingerprint_of_slot(head.data(), length, fingerprint);
    }
  }
  const Bytes text(100, 'x');
  std::uint64_t fingerprint;
  CHECK(!fingerprint_of_slot(text.data(), text.size(), fingerprint));
}
