// What the verification of a slot's metadata costs: `verify_slot FILE...` prints one JSON object per line.
// `knownNs` is for a slot whose metadata was seen before, `warmNs` for new metadata of a schema seen before,
// `coldNs` for a new schema, `fingerprintNs` what a writer's commit adds. A slot is never known when its
// verdict depends on its body; then `knownNs` is another `warmNs`.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "core/base/clock.hpp"
#include "ipc/layout.hpp"
#include "ipc/verify.hpp"

namespace {

using namespace qads;

/// Nanoseconds of one `action`: the best of many rounds, each short enough to pass between two interruptions.
template <typename Action>
double time_of(int repetitions, Action&& action) {
  std::uint64_t best = UINT64_MAX;
  for (int round = 0; round < 400; ++round) {
    const std::uint64_t start = monotonic_ns();
    for (int i = 0; i < repetitions; ++i) action();
    best = std::min(best, monotonic_ns() - start);
  }
  return static_cast<double>(best) / repetitions;
}

/// The four bytes of the footer that mean nothing, between the lengths of the record batch: a slot that
/// differs there has metadata of its own, and is verified as any other.
std::uint8_t* padding_of(std::vector<char>& bytes, const std::vector<double>& layout) {
  const double* words = layout.data() + kLayoutWords;
  for (double left = layout[kLayoutDictionaryBatches]; left > 0; --left) words += block_words(words);
  const auto start = static_cast<std::int64_t>(words[kBlockMetadataOffset]) - 8;
  const auto metadata_length = static_cast<std::int32_t>(words[kBlockMetadataLength]) + 8;
  const auto body_length = static_cast<std::int64_t>(words[kBlockBodyLength]);
  for (std::size_t at = bytes.size() - 24; at > 0; --at) {
    char* const block = bytes.data() + at;
    if (std::memcmp(block, &start, 8) == 0 && std::memcmp(block + 8, &metadata_length, 4) == 0 &&
        std::memcmp(block + 16, &body_length, 8) == 0) {
      return reinterpret_cast<std::uint8_t*>(block + 12);
    }
  }
  return nullptr;
}

int measure(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto* slot = reinterpret_cast<const std::uint8_t*>(bytes.data());
  SlotVerifier verifier;
  std::vector<double> layout, other;
  if (const VerifyResult result = verifier.verify(slot, bytes.size(), layout); !result.ok()) {
    std::fprintf(stderr, "%s: %s\n", path, result.reason);
    return 1;
  }
  std::uint64_t sink = 0;
  const double known = time_of(500, [&] { sink += verifier.verify(slot, bytes.size(), other).schema_id; });
  std::uint8_t* const padding = padding_of(bytes, layout);
  if (padding == nullptr) {
    std::fprintf(stderr, "%s: the record batch is not found in the footer\n", path);
    return 1;
  }
  std::uint32_t number = 0;
  const double warm = time_of(500, [&] {
    ++number;
    std::memcpy(padding, &number, sizeof number);
    sink += verifier.verify(slot, bytes.size(), other).schema_id;
  });
  const double cold = time_of(100, [&] {
    SlotVerifier fresh;
    sink += fresh.verify(slot, bytes.size(), other).schema_id;
  });
  const double fingerprint = time_of(500, [&] {
    std::uint64_t hash = 0;
    if (fingerprint_of_slot(slot, bytes.size(), hash)) sink += hash;
  });
  const double values = time_of(100, [&] { sink += verifier.verify_values(slot, layout).ok(); });
  std::printf(
      "{\"file\":\"%s\",\"bytes\":%zu,\"schemaBytes\":%.0f,\"knownNs\":%.0f,\"warmNs\":%.0f,\"coldNs\":%.0f,"
      "\"fingerprintNs\":%.0f,\"valuesNs\":%.0f,\"sink\":%d}\n",
      path, bytes.size(), layout[kLayoutSchemaLength], known, warm, cold, fingerprint, values,
      static_cast<int>(sink & 1));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  int failed = argc < 2;
  for (int i = 1; i < argc; ++i) failed |= measure(argv[i]);
  return failed;
}
