// Coverage-guided fuzzing of the slot verifier. With clang it is a libFuzzer target; with another compiler
// its own `main` replays files, such as the corpus or what the fuzzer found.
//
// Demanded of any bytes: no crash, no read outside of them, no layout that leads outside; a verifier that
// knows the schema, or the slot but for its values, judges like a new one; and what it accepts can be read to
// the last byte of every buffer.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "fuzz/slot_file.hpp"
#include "ipc/verify.hpp"

namespace {

using namespace qads;
using namespace qads::test;

void demand(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

uint64_t read_buffers(const uint8_t* slot, const Layout& layout) {
  uint64_t sum = 0;
  const double* words = layout.data() + kLayoutWords;
  for (double left = layout[kLayoutDictionaryBatches]; left >= 0; --left) {
    const double* buffer = words + kBlockWords + 2 * static_cast<size_t>(words[kBlockNodes]);
    for (double i = 0; i < words[kBlockBuffers]; ++i, buffer += 2) {
      if (buffer[1] == 0) continue;
      const uint8_t* bytes = slot + static_cast<uint64_t>(buffer[0]);
      sum += bytes[0];
      sum += bytes[static_cast<uint64_t>(buffer[1]) - 1];
    }
    words += block_words(words);
  }
  return sum;
}

/// Changes every byte of the body. A verifier that has given the slot a number must know it again
/// nonetheless, and a new one must agree: no value had a say.
void check_other_values(uint8_t* slot, size_t size, const Layout& layout, SlotVerifier& seen, uint32_t id) {
  const std::vector<bool> body = bytes_of_bodies(layout, size);
  for (size_t at = 0; at < size; ++at) slot[at] = static_cast<uint8_t>(slot[at] ^ (body[at] ? 0xFF : 0));
  Layout again;
  demand(seen.verify(slot, size, again).layout_id == id && again == layout, "other values change nothing");
  SlotVerifier fresh;
  demand(fresh.verify(slot, size, again).ok() && again == layout, "no value had a say");
  (void)seen.verify_values(slot, layout);
}

/// A slot like the one that `seen` has seen, yet another one: so the schema and the footer are known, and the
/// slot is not.
void check_like(uint8_t* slot, size_t size, const Layout& layout, SlotVerifier& seen) {
  const size_t padding = padding_in_footer(slot, layout, size);
  slot[padding] ^= 1;
  Layout seen_layout, fresh_layout;
  SlotVerifier fresh;
  const VerifyResult first = seen.verify(slot, size, seen_layout);
  const VerifyResult second = fresh.verify(slot, size, fresh_layout);
  demand(first.ok() == second.ok() && seen_layout == fresh_layout, "a known schema changes nothing");
}

void check(const uint8_t* data, size_t size) {
  // Keeps schemas over many inputs, as a reader does over many slots.
  static SlotVerifier old_hand;
  // Of exactly this size, so that AddressSanitizer sees a step beyond it.
  const std::unique_ptr<uint8_t[]> slot(new uint8_t[size]);
  if (size > 0) std::memcpy(slot.get(), data, size);
  Layout layout, second_layout;
  SlotVerifier fresh;
  const VerifyResult first = fresh.verify(slot.get(), size, layout);
  const VerifyResult second = fresh.verify(slot.get(), size, second_layout);
  demand(first.ok() == second.ok() && layout == second_layout, "a known slot changes nothing");
  demand(first.layout_id == second.layout_id, "one number");
  const VerifyResult third = old_hand.verify(slot.get(), size, second_layout);
  demand(first.ok() == third.ok() && layout == second_layout, "other known schemas change nothing");
  uint64_t fingerprint = 0;
  const bool has_fingerprint = fingerprint_of_slot(slot.get(), size, fingerprint);
  if (!first.ok()) {
    demand(layout.empty() && first.offset <= size, "a refusal has a place and no layout");
    return;
  }
  demand(has_fingerprint && fingerprint == first.fingerprint && fingerprint == third.fingerprint,
         "one fingerprint");
  demand(stays_inside(layout, size), "the layout stays inside of the slot");
  static volatile uint64_t sink;
  sink = read_buffers(slot.get(), layout);
  (void)sink;
  (void)fresh.verify_values(slot.get(), layout);
  if (first.layout_id != 0) check_other_values(slot.get(), size, layout, fresh, first.layout_id);
  check_like(slot.get(), size, layout, fresh);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  check(data, size);
  return 0;
}

#if defined(__clang__) && !defined(QADS_FUZZ_REPLAY)

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed);

/// Half of the mutations keep the length and overwrite one to four words of a slot by interesting numbers, or
/// by other words of it: flatbuffers are made of offsets, which inserting bytes mostly just breaks.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  std::minstd_rand random(seed);
  if (size < 16 || random() % 2 == 0) return LLVMFuzzerMutate(data, size, max_size);
  constexpr uint64_t kNumbers[] = {0,  1,   2,   4,   7,        8,          16,        24,
                                   64, 127, 128, 255, 1u << 16, 0x7FFFFFFF, 0xFFFFFFFF};
  for (auto changes = 1 + random() % 4; changes > 0; --changes) {
    const size_t width = size_t{1} << random() % 4;
    const size_t at = random() % (size / width) * width;
    uint64_t word = 0;
    std::memcpy(&word, data + at, width);
    switch (random() % 4) {
      case 0:
        word = kNumbers[random() % (sizeof kNumbers / sizeof *kNumbers)];
        break;
      case 1:
        word += random() % 33 - 16;
        break;
      case 2:
        word ^= uint64_t{1} << random() % (8 * width);
        break;
      default:
        std::memcpy(&word, data + random() % (size / width) * width, width);
    }
    std::memcpy(data + at, &word, width);
  }
  return size;
}

#else

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const Bytes bytes = read_file(argv[i]);
    check(bytes.data(), bytes.size());
  }
  std::printf("%d files replayed\n", argc - 1);
  return 0;
}

#endif
