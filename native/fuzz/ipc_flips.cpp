// Which single-bit flips of a slot's metadata does the verifier let through?
//
//   ipc_flips FILE...
//
// Writes FILE.accepted for each: the positions of the accepted bits, as 32-bit numbers. flips.mjs and
// flips.py read every slot so changed with an Arrow library, which must not hang, crash or run out of memory.
// Bodies are left alone: what they mean is not the verifier's to judge.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "fuzz/slot_file.hpp"
#include "ipc/verify.hpp"

namespace {

using namespace qads::test;

/// Returns false when the file is no slot, or when a verifier that knows the schema judges otherwise than a
/// new one.
bool flip_all(const std::string& path, bool values) {
  const Bytes original = read_file(path);
  Layout layout;
  qads::SlotVerifier warm;
  if (const auto result = warm.verify(original.data(), original.size(), layout); !result.ok()) {
    std::fprintf(stderr, "%s: %s (byte %llu)\n", path.c_str(), result.reason,
                 static_cast<unsigned long long>(result.offset));
    return false;
  }
  const std::vector<bool> body = bytes_of_bodies(layout, original.size());
  std::vector<uint32_t> accepted;
  size_t flips = 0;
  for (uint32_t bit = 0; bit < original.size() * 8; ++bit) {
    if (body[bit / 8] && !values) continue;
    ++flips;
    // Of exactly this size, so that AddressSanitizer sees a step beyond it.
    const std::unique_ptr<uint8_t[]> copy(new uint8_t[original.size()]);
    std::copy(original.begin(), original.end(), copy.get());
    copy[bit / 8] = static_cast<uint8_t>(copy[bit / 8] ^ (1u << (bit % 8)));
    Layout cold_layout;
    qads::SlotVerifier cold;
    const auto result = cold.verify(copy.get(), original.size(), cold_layout);
    const auto again = warm.verify(copy.get(), original.size(), layout);
    if (result.ok() != again.ok() || layout != cold_layout) {
      std::fprintf(stderr, "%s: bit %u: \"%s\" when new, \"%s\" when known\n", path.c_str(), bit,
                   result.ok() ? "ok" : result.reason, again.ok() ? "ok" : again.reason);
      return false;
    }
    if (!result.ok()) continue;
    const bool sound_values = cold.verify_values(copy.get(), cold_layout).ok();
    if (!values || sound_values) accepted.push_back(bit);
  }
  std::ofstream out(path + ".accepted", std::ios::binary);
  out.write(reinterpret_cast<const char*>(accepted.data()),
            static_cast<std::streamsize>(accepted.size() * 4));
  std::printf("%s: %zu flips, %zu accepted\n", path.c_str(), flips, accepted.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const bool values = argc > 1 && std::strcmp(argv[1], "--values") == 0;
  bool fine = true;
  for (int i = values ? 2 : 1; i < argc; ++i) fine = flip_all(argv[i], values) && fine;
  return fine ? 0 : 1;
}
