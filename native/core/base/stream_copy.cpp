#include "stream_copy.hpp"

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace qads {

#if defined(__SSE2__)
namespace {

constexpr std::size_t kLine = 64;

/// Whole lines, `to` at the start of one: only full lines are combined into one write to memory.
void stream_lines(std::uint8_t* to, const std::uint8_t* from, std::size_t lines) noexcept {
  for (; lines > 0; --lines, to += kLine, from += kLine) {
    const auto* source = reinterpret_cast<const __m128i*>(from);
    auto* target = reinterpret_cast<__m128i*>(to);
    const __m128i a = _mm_loadu_si128(source);
    const __m128i b = _mm_loadu_si128(source + 1);
    const __m128i c = _mm_loadu_si128(source + 2);
    const __m128i d = _mm_loadu_si128(source + 3);
    _mm_stream_si128(target, a);
    _mm_stream_si128(target + 1, b);
    _mm_stream_si128(target + 2, c);
    _mm_stream_si128(target + 3, d);
  }
}

}  // namespace

void stream_copy(void* to, const void* from, std::size_t length) noexcept {
  if (length < kStreamCopyMin) {
    std::memcpy(to, from, length);
    return;
  }
  auto* target = static_cast<std::uint8_t*>(to);
  const auto* source = static_cast<const std::uint8_t*>(from);
  const std::size_t head = (kLine - reinterpret_cast<std::uintptr_t>(target) % kLine) % kLine;
  const std::size_t body = (length - head) / kLine * kLine;
  std::memcpy(target, source, head);
  stream_lines(target + head, source + head, body / kLine);
  std::memcpy(target + head + body, source + head + body, length - head - body);
}

void stream_fence() noexcept { _mm_sfence(); }
#else
void stream_copy(void* to, const void* from, std::size_t length) noexcept { std::memcpy(to, from, length); }
void stream_fence() noexcept {}
#endif

}  // namespace qads
