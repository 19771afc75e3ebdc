#pragma once

#include <cstddef>
#include <cstdint>

namespace qads {

/// XXH64 with seed 0, as specified in "xxHash fast digest algorithm", version 0.2.0
/// (github.com/Cyan4973/xxHash, doc/xxhash_spec.md). Every language has a library that computes the same
/// number. It tells schemas apart; it is no defence against somebody who makes two schemas collide on
/// purpose.
[[nodiscard]] uint64_t hash64(const void* bytes, size_t length) noexcept;

}  // namespace qads
