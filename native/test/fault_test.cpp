// Programs that write where they may only read, or whose arena is truncated under them, end with one
// sentence.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "processes.hpp"
#include "ring_support.hpp"

using namespace qads;
using namespace qads::test;

namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kLarge = 10 * kPage;

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

/// The program ends by `signal`, and says `sentence` about `arena` once.
void check_sentence(Child& child, int signal, const std::string& arena, const std::string& sentence) {
  const std::string text = child.stderr_text();
  const bool said = count_of(text, "qadataswap: ") == 1 && contains(text, "arena \"" + arena + "\"") &&
                    contains(text, sentence);
  if (!said)
    qads::testing::record_failure({__FILE__, __LINE__}, "arena " + arena + ", standard error says: " + text);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they end a program in their own way
  CHECK(child.ended_by(signal));
#else
  static_cast<void>(signal);
  CHECK(!child.succeeded());
#endif
}

void poke(const std::uint8_t* address) { *const_cast<volatile std::uint8_t*>(address) = 1; }

std::uint8_t touch(const std::uint8_t* address) {
  return *static_cast<const volatile std::uint8_t*>(address);
}

struct Ring {
  explicit Ring(std::uint64_t batches) : writer(RingWriter::create(name, ring_of(64 * kPage, 16))) {
    for (std::uint64_t i = 0; i < batches; ++i) write(*writer, kLarge);
  }
  const std::string name = unique_name();
  std::unique_ptr<RingWriter> writer;
};

}  // namespace

TEST_CASE(
    "a program that writes into a leased batch ends with one sentence, and the others keep their bytes") {
  Ring ring(2);
  auto other = RingReader::attach(ring.name, {});
  Child careless(
      [&] {
        auto reader = RingReader::attach(ring.name, {});
        poke(take(*reader)->data + 100);
      },
      Child::Stderr::captured);
  check_sentence(careless, SIGSEGV, ring.name, "leased batches are read-only");
  CHECK_EQ(read(*other), 0u);
}

TEST_CASE("a batch that is peeked at, or was moved out of the ring, is read-only too") {
  for (const bool moved : {false, true}) {
    Ring ring(4);
    const Shared<std::atomic<bool>> taken;
    Child careless(
        [&] {
          auto reader = RingReader::attach(ring.name, {});
          if (!moved) poke(look(*reader).data);
          Lease* lease = take(*reader);
          for (int i = 0; i < 3; ++i) read(*reader);
          taken->store(true);
          CHECK(eventually([&] { return reader->stats().evacuations > 0; }));
          check_lease(lease);
          poke(lease->data + kLarge - 1);
        },
        Child::Stderr::captured);
    if (moved) {
      CHECK(eventually([&] { return taken->load(); }));
      // More than what is free: the lease has to go.
      CHECK(ring.writer->claim(40 * kPage, soon()).status == ClaimStatus::claimed);
    }
    check_sentence(careless, SIGSEGV, ring.name, "leased batches are read-only");
  }
}

TEST_CASE("a batch of the parent cannot be used in a forked child, and the sentence says so") {
  Ring ring(1);
  auto reader = RingReader::attach(ring.name, {});
  Lease* lease = take(*reader);
  Child child([&] { touch(lease->data); }, Child::Stderr::captured);
  check_sentence(child, SIGSEGV, ring.name, "after fork");
  check_lease(lease);
  LeaseTable::release(lease);
}

TEST_CASE("a truncated segment ends whoever uses it with one sentence: readers, holders, writers, sleepers") {
  for (const int role : {0, 1, 2, 3}) {
    const std::string arena = unique_name();
    const std::string name = role == 2 ? arena + "-own" : arena;
    const Shared<std::atomic<int>> step;
    // A process of its own, too: it cannot close what is no longer there.
    Child owner([&] {
      auto writer = RingWriter::create(arena, ring_of(64 * kPage, 16));
      write(*writer, kLarge);
      step->store(1);
      for (;;) pause();
    });
    CHECK(eventually([&] { return step->load() == 1; }));
    Child victim(
        [&] {
          auto reader = RingReader::attach(arena, {});
          if (role == 3) {
            read(*reader);
            step->store(2);
            read(*reader);
            return;
          }
          Lease* lease = role == 1 ? take(*reader) : nullptr;
          auto writer = role == 2 ? RingWriter::create(name, ring_of(kLarge)) : nullptr;
          step->store(2);
          CHECK(eventually([&] { return step->load() == 3; }));
          if (role == 0) look(*reader);
          if (role == 1) touch(lease->data);
          if (role == 2) write(*writer, kLarge);
        },
        Child::Stderr::captured);
    CHECK(eventually([&] { return step->load() == 2; }));
    REQUIRE(truncate(arena_path(name).c_str(), 0) == 0);
    step->store(3);
    check_sentence(victim, SIGBUS, name, "truncated");
    unlink(arena_path(name).c_str());
    unlink(arena_path(arena).c_str());
  }
}

TEST_CASE("a segment truncated under the thread that moves batches ends the process with one sentence") {
  Ring ring(4);
  const Shared<std::atomic<bool>> holding;
  Child holder(
      [&] {
        auto reader = RingReader::attach(ring.name, {});
        for (int i = 0; i < 4; ++i) static_cast<void>(take(*reader));
        holding->store(true);
        for (;;) pause();
      },
      Child::Stderr::captured);
  CHECK(eventually([&] { return holding->load(); }));
  // The control pages stay: the writer can still ask.
  const auto control = static_cast<off_t>(ring.writer->header().ring_offset);
  REQUIRE(truncate(arena_path(ring.name).c_str(), control) == 0);
  CHECK(ring.writer->try_claim(60 * kPage).status == ClaimStatus::would_block);
  check_sentence(holder, SIGBUS, ring.name, "truncated");
}

TEST_CASE("a fault that is none of ours goes to the handler that was there before") {
  for (const bool handled : {true, false}) {
    Ring ring(1);
    Child child(
        [&] {
          // A process of its own, in which the handler is installed only now.
          setenv("QADS_TEST_FAULT_ARENA", ring.name.c_str(), 1);
          setenv("QADS_TEST_FAULT_HANDLED", handled ? "1" : "0", 1);
          execl("/proc/self/exe", "fault_test", "the own handler of a fresh process", nullptr);
          _exit(99);
        },
        Child::Stderr::captured);
    const std::string text = child.stderr_text();
    const int status = child.wait();
    CHECK(!contains(text, "qadataswap: "));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    if (handled) {
      CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    } else {
      CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    }
#else
    CHECK(status != 0);
#endif
  }
}

/// Run by the case above in a process of its own; nothing otherwise.
TEST_CASE("the own handler of a fresh process") {
  const char* arena = std::getenv("QADS_TEST_FAULT_ARENA");
  if (arena == nullptr) return;
  if (std::strcmp(std::getenv("QADS_TEST_FAULT_HANDLED"), "1") == 0) {
    struct sigaction action{};
    action.sa_handler = [](int) { _exit(7); };
    sigaction(SIGSEGV, &action, nullptr);
  }
  auto reader = RingReader::attach(arena, {});
  Lease* lease = take(*reader);
  void* nowhere = mmap(nullptr, kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  check_lease(lease);
  touch(static_cast<std::uint8_t*>(nowhere));
}
