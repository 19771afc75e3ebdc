// A copy for bytes that another process reads next.
#pragma once

#include <cstddef>

namespace qads {

/// From so many bytes on, going around the caches is faster than `memcpy`.
inline constexpr std::size_t kStreamCopyMin = 64 * 1024;

/// Like `memcpy`. Many bytes are written around this processor's caches: their lines are not fetched first,
/// nothing that the program still needs is evicted, and the reader's processor need not take them out of this
/// one's cache. A release store does not order such bytes: `stream_fence` must come between them and it.
void stream_copy(void* to, const void* from, std::size_t length) noexcept;

/// What this thread stores after the call is seen after what it streamed before. It waits until those bytes
/// are out of the processor, so a batch of many columns has one, in `RingWriter::commit`.
void stream_fence() noexcept;

}  // namespace qads
