// A copy for bytes that another process reads next.
#pragma once

#include <cstddef>

namespace qads {

/// From so many bytes on, going around the caches is faster than `memcpy`.
inline constexpr std::size_t kStreamCopyMin = 64 * 1024;

/// Like `memcpy`. Many bytes are written around this processor's caches: their lines are not fetched first,
/// nothing that the program still needs is evicted, and the reader's processor need not take them out of this
/// one's cache. What is stored after the call is seen after the bytes, as with ordinary stores.
void stream_copy(void* to, const void* from, std::size_t length) noexcept;

}  // namespace qads
