// Coverage-guided fuzzing of attaching and of the ring: the input is a list of what a writer and readers do,
// and of words of the control pages that somebody overwrites meanwhile. With clang it is a libFuzzer target;
// with another compiler its own `main` replays files.
//
// Demanded whatever is overwritten: no crash, no endless loop, no exception but qads::Error, and every batch
// that a reader is given, and every claim that a writer is given, lies within the mapped ring.

#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/base/checksum.hpp"
#include "core/base/error.hpp"
#include "core/layout/slot.hpp"
#include "core/ring/reader.hpp"
#include "core/ring/writer.hpp"
#include "core/segment/file.hpp"
#include "core/segment/info.hpp"
#include "fuzz/slot_file.hpp"
#include "test/own_shared_memory.hpp"

namespace {

using namespace qads;

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kCapacity = 32 * kPage;
constexpr std::uint32_t kSlots = 8;
constexpr std::uint32_t kReaders = 4;
constexpr std::size_t kMaxSteps = 64;

void demand(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

/// The input, byte by byte; zeros after its end.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}
  bool is_over() const { return at_ == end_; }
  template <typename T>
  T take() {
    T value{};
    const auto left = static_cast<std::size_t>(end_ - at_);
    std::memcpy(&value, at_, left < sizeof value ? left : sizeof value);
    at_ += left < sizeof value ? left : sizeof value;
    return value;
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

class Game {
 public:
  Game() {
    WriterOptions options;
    options.arena.capacity = kCapacity;
    options.arena.slots = kSlots;
    options.arena.max_readers = kReaders;
    writer_ = nullptr;
    options_ = options;
  }

  void play(Input& input) {
    const auto first = input.take<std::uint8_t>();
    options_.arena.on_full = static_cast<OnFull>(first % 4);
    writer_ = RingWriter::create(name_, options_);
    outside_ = open_segment_file(name_);
    for (int i = 0; i < 3; ++i) attempt([&] { write(kPage * 9); });
    for (std::size_t step = 0; step < kMaxSteps && !input.is_over(); ++step) {
      attempt([&] { act(input.take<std::uint8_t>(), input); });
    }
    for (Lease* lease : leases_) LeaseTable::release(lease);
    for (auto& reader : readers_) reader.reset();
    writer_.reset();
    // Whoever's bits say that somebody still lives, the next program must be able to begin anew.
    attempt([&] { unlink_arena(name_); });
  }

 private:
  template <typename Action>
  void attempt(Action&& action) {
    try {
      action();
    } catch (const Error&) {
      // What it says is the business of other tests; that it is one of ours is this one's.
    }
  }

  void act(std::uint8_t what, Input& input) {
    std::unique_ptr<RingReader>& reader = readers_[what / 16 % readers_.size()];
    switch (what % 16) {
      case 0:
      case 1:
        return write(input.take<std::uint16_t>() * 3u + 1);
      case 2:
        return overwrite_word(input);
      case 3:
        return overwrite_slot(input);
      case 4:
        return overwrite_header(input);
      case 5:
      case 6:
        reader.reset();
        reader = RingReader::attach(name_, {input.take<std::int8_t>(), 0});
        return;
      case 7:
        return reader.reset();
      case 8:
        inspect_arena(name_);
        if (reader) reader->stats();
        return;
      case 9:
        if (!leases_.empty()) {
          LeaseTable::release(leases_.back());
          leases_.pop_back();
        }
        return;
      case 10:
        return writer_->abort(std::string(input.take<std::uint8_t>(), 'x'));
      case 11:
        static_cast<void>(writer_->wait_drained(false, Deadline::after_ms(0)));
        writer_->stats();
        return;
      default:
        if (reader) read(*reader, what % 2 == 0);
    }
  }

  void write(std::uint64_t length) {
    const Claim claim = writer_->try_claim(length);
    if (claim.status != ClaimStatus::claimed) {
      if (claim.status == ClaimStatus::would_block && writer_->arm_space(WakeBy::semaphore, 0))
        writer_->disarm();
      return;
    }
    demand(claim.data >= writer_->ring() && claim.length <= kCapacity &&
               static_cast<std::uint64_t>(claim.data - writer_->ring()) < kCapacity,
           "a claim lies within the ring");
    std::memset(claim.data, 0xAB, claim.length);
    writer_->commit(length, 1, 1);
  }

  void read(RingReader& reader, bool keep) {
    BatchView batch;
    const PeekStatus status = reader.peek(batch);
    if (status == PeekStatus::empty && reader.arm(WakeBy::semaphore, 0)) reader.disarm();
    if (status != PeekStatus::ready) return;
    look_at(batch.data, batch.length);
    if (!keep || leases_.size() > 8) return reader.advance();
    leases_.push_back(reader.take());
    look_at(leases_.back()->data, leases_.back()->length);
  }

  void look_at(const std::uint8_t* data, std::uint64_t length) {
    demand(length >= 1 && length <= kCapacity, "a batch is not larger than the ring");
    static volatile std::uint64_t sink;
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < length; i += 64) sum += data[i];
    sink = sum + data[length - 1];
    (void)sink;
  }

  void put(std::uint64_t offset, const void* bytes, std::size_t length) {
    demand(pwrite(outside_.get(), bytes, length, static_cast<off_t>(offset)) == static_cast<ssize_t>(length),
           "the segment can be written to");
  }

  std::uint64_t control_bytes() const { return writer_->header().ring_offset; }

  void overwrite_word(Input& input) {
    const std::uint64_t offset = input.take<std::uint16_t>() % (control_bytes() / 4) * 4;
    // The semaphores are the C library's: what it makes of wrong ones is not ours to say.
    const bool in_semaphore = (offset >= 576 && offset < 640) ||
                              (offset >= kControlBytes && offset < writer_->header().slot_table_offset &&
                               offset % 512 >= 256 && offset % 512 < 320);
    const auto value = number(input);
    if (!in_semaphore && offset >= sizeof(SharedMemoryHeader))
      put(offset, &value, input.take<std::uint8_t>() % 2 == 0 ? 8 : 4);
  }

  /// Close to what is there more often than not: far-off numbers are refused at the first look.
  std::uint64_t number(Input& input) {
    const auto kind = input.take<std::uint8_t>();
    if (kind < 128) return kind;
    if (kind < 160) return UINT64_MAX - (kind - 128u);
    return input.take<std::uint64_t>();
  }

  /// A slot that lies, with a check that is right.
  void overwrite_slot(Input& input) {
    SlotWords words{};
    words.sequence = number(input);
    words.position = number(input) * 64;
    words.length = number(input) * 128;
    Slot slot{};
    store_slot(slot, words);
    put(writer_->header().slot_table_offset + words.sequence % kSlots * sizeof slot, &slot, sizeof slot);
  }

  /// Who attaches from now on sees another header, with a checksum that is right or not.
  void overwrite_header(Input& input) {
    SharedMemoryHeader header = writer_->header();
    const std::uint64_t at = input.take<std::uint8_t>() % (sizeof header / 4) * 4;
    const auto value = static_cast<std::uint32_t>(number(input));
    std::memcpy(reinterpret_cast<char*>(&header) + at, &value, sizeof value);
    if (input.take<std::uint8_t>() % 4 != 0)
      header.checksum = checksum_bytes(&header, offsetof(SharedMemoryHeader, checksum));
    put(0, &header, sizeof header);
    attempt([&] { RingReader::attach(name_, {}); });
    put(0, &writer_->header(), sizeof header);
  }

  const std::string name_ = "fuzz-" + std::to_string(getpid());
  WriterOptions options_;
  std::unique_ptr<RingWriter> writer_;
  GuardedFd outside_;
  std::array<std::unique_ptr<RingReader>, 3> readers_;
  std::vector<Lease*> leases_;
};

void check(const std::uint8_t* data, std::size_t size) {
  static const bool isolated = test::own_shared_memory();
  (void)isolated;
  Input input(data, size);
  Game().play(input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  check(data, size);
  return 0;
}

#if !defined(__clang__) || defined(QADS_FUZZ_REPLAY)

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const qads::test::Bytes bytes = qads::test::read_file(argv[i]);
    check(bytes.data(), bytes.size());
  }
  std::printf("%d files replayed\n", argc - 1);
  return 0;
}

#endif
