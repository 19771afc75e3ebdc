#pragma once

#include <cstdint>
#include <cstring>

namespace qads::ipc {

/// Whether the bytes are well-formed UTF-8 (The Unicode Standard, table 3-7: no surrogates, nothing overlong,
/// nothing above U+10FFFF).
inline bool is_utf8(const uint8_t* p, uint64_t length) noexcept {
  const uint8_t* const end = p + length;
  while (p != end) {
    uint64_t word;
    if (end - p >= 8 && (std::memcpy(&word, p, 8), (word & 0x8080808080808080u) == 0)) {
      p += 8;
      continue;
    }
    const uint8_t lead = *p++;
    if (lead < 0x80) continue;
    const int more = lead >= 0xC2 && lead <= 0xDF   ? 1
                     : (lead & 0xF0) == 0xE0        ? 2
                     : lead >= 0xF0 && lead <= 0xF4 ? 3
                                                    : 0;
    if (more == 0 || end - p < more) return false;
    const uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    const uint8_t second = *p;
    if (second < low || second > high) return false;
    for (int i = 1; i < more; ++i) {
      const uint8_t next = p[i];
      if (next < 0x80 || next > 0xBF) return false;
    }
    p += more;
  }
  return true;
}

}  // namespace qads::ipc
