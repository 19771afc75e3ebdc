#include "spare_mappings.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "core/life/fork_guard.hpp"

namespace qads {
namespace {

constexpr std::size_t kPairsOfBlock = 64;
// A page between any two pairs, and one at each end.
constexpr std::size_t kPagesOfBlock = 2 * kPairsOfBlock + 1;

}  // namespace

SpareMappings::SpareMappings() noexcept
    : page_size_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))), fork_epoch_(fork_epoch()) {}

SpareMappings::~SpareMappings() {
  // A forked child does not have them: what is at these addresses there is not ours.
  if (fork_epoch_ != fork_epoch()) return;
  for (std::uint8_t* block : blocks_) munmap(block, kPagesOfBlock * page_size_);
}

std::uint8_t* SpareMappings::page_of(std::size_t pair) const noexcept {
  return blocks_[pair / kPairsOfBlock] + (2 * (pair % kPairsOfBlock) + 1) * page_size_;
}

bool SpareMappings::reserve_block() noexcept {
  const std::size_t length = kPagesOfBlock * page_size_;
  try {
    blocks_.reserve(blocks_.size() + 1);
  } catch (const std::bad_alloc&) {
    return false;
  }
  void* block = mmap(nullptr, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (block == MAP_FAILED) return false;
  madvise(block, length, MADV_DONTFORK);
  blocks_.push_back(static_cast<std::uint8_t*>(block));
  return true;
}

bool SpareMappings::grow_to(std::size_t pairs) noexcept {
  while (pairs_ < pairs) {
    if (pairs_ == blocks_.size() * kPairsOfBlock && !reserve_block()) return false;
    // Splits its neighbourhood in three.
    if (mprotect(page_of(pairs_), page_size_, PROT_READ) != 0) return false;
    ++pairs_;
  }
  return true;
}

bool SpareMappings::shrink_to(std::size_t pairs) noexcept {
  if (pairs_ <= pairs) return false;
  while (pairs_ > pairs) mprotect(page_of(--pairs_), page_size_, PROT_NONE);
  return true;
}

}  // namespace qads
