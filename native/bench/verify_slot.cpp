// What the verification of a slot's metadata costs: `verify_slot FILE...` prints one JSON object per line.
// `warmNs` is for a schema seen before, `coldNs` for a new one, `fingerprintNs` what a writer's commit adds.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include "core/clock.hpp"
#include "core/ipc_layout.hpp"
#include "core/ipc_verify.hpp"

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

int measure(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto* slot = reinterpret_cast<const std::uint8_t*>(bytes.data());
  SlotVerifier verifier;
  std::vector<double> layout, other;
  if (const VerifyResult result = verifier.verify(slot, bytes.size(), layout); !result.ok()) {
    std::fprintf(stderr, "%s: %s\n", path, result.reason);
    return 1;
  }
  std::uint64_t sink = 0;
  const double warm = time_of(500, [&] { sink += verifier.verify(slot, bytes.size(), other).schema_id; });
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
      "{\"file\":\"%s\",\"bytes\":%zu,\"schemaBytes\":%.0f,\"warmNs\":%.0f,\"coldNs\":%.0f,"
      "\"fingerprintNs\":%.0f,\"valuesNs\":%.0f,\"sink\":%d}\n",
      path, bytes.size(), layout[kLayoutSchemaLength], warm, cold, fingerprint, values,
      static_cast<int>(sink & 1));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  int failed = argc < 2;
  for (int i = 1; i < argc; ++i) failed |= measure(argv[i]);
  return failed;
}
