// Random pipelines of real processes over real arenas, for as long as wanted: every value and every loss
// report is checked, and nothing may be left behind. `soak [--seconds N] [--seed N] [--rounds N] [--first
// ROUND]`; the plan of every round follows from the seed, the interleaving does not.
#include <unistd.h>

#include <cinttypes>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/mman.h>

#include "board.hpp"
#include "core/base/clock.hpp"
#include "plan.hpp"
#include "round.hpp"
#include "test/own_shared_memory.hpp"

namespace qads::soak {

void complain(Board& board, const char* format, ...) {
  add(board.counters.errors);
  char text[600];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  std::fprintf(stderr, "error in round %" PRIu64 " of seed %" PRIu64 ", process %d: %s\n", board.round.load(),
               board.seed, static_cast<int>(getpid()), text);
}

namespace {

volatile std::sig_atomic_t interrupted = 0;

struct Options {
  double seconds = 60;
  std::uint64_t seed = 0;
  std::uint64_t rounds = UINT64_MAX;
  std::uint64_t first = 0;
};

[[noreturn]] void end_with_usage(const char* argument) {
  std::fprintf(stderr,
               "soak: cannot use \"%s\"\nusage: soak [--seconds N | --minutes N] [--seed N] [--rounds N] "
               "[--first ROUND]\n",
               argument);
  std::exit(2);
}

Options parse(int argc, char** argv) {
  Options options;
  options.seed = wall_ns();
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 == argc) end_with_usage(argv[i]);
    char* end = nullptr;
    const double number = std::strtod(argv[i + 1], &end);
    if (*end != '\0' || !(number >= 0)) end_with_usage(argv[i + 1]);
    const std::uint64_t whole = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--seconds") {
      options.seconds = number;
    } else if (name == "--minutes") {
      options.seconds = number * 60;
    } else if (name == "--seed") {
      options.seed = whole;
    } else if (name == "--rounds") {
      options.rounds = whole;
    } else if (name == "--first") {
      options.first = whole;
    } else {
      end_with_usage(argv[i]);
    }
  }
  return options;
}

void print_progress(const Board& board, double seconds) {
  const Counters& c = board.counters;
  std::printf("%6.0f s  %" PRIu64 " rounds  %" PRIu64 " batches written  %" PRIu64 " read  %" PRIu64
              " killed  %" PRIu64 " evacuations  %" PRIu64 " lost and told  %" PRIu64 " errors\n",
              seconds, c.rounds.load(), c.batches_written.load(), c.batches_read.load(),
              c.writers_killed.load() + c.readers_killed.load() + c.relays_killed.load(),
              c.evacuations.load(), c.batches_lost.load(), c.errors.load());
  std::fflush(stdout);
}

void print_json(const Board& board, double seconds) {
  std::printf("{\"seed\":\"%" PRIu64 "\",\"seconds\":%.1f", board.seed, seconds);
#define QADS_PRINT(name) std::printf(",\"" #name "\":%" PRIu64, board.counters.name.load());
  QADS_SOAK_COUNTERS(QADS_PRINT)
#undef QADS_PRINT
  std::printf("}\n");
}

int run(const Options& options) {
  void* bytes = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (bytes == MAP_FAILED) return EXIT_FAILURE;
  Board& board = *new (bytes) Board();
  board.seed = options.seed;
  const bool own_directory = test::own_shared_memory();
  std::printf("seed %" PRIu64 "%s\n", options.seed,
              own_directory
                  ? ""
                  : ": no /dev/shm of its own here, so only the names of arenas are looked for at the end");
  const std::string prefix = own_directory ? "soak-" : "soak-" + std::to_string(getpid()) + "-";
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  const std::uint64_t start = monotonic_ns();
  const auto elapsed = [&] { return static_cast<double>(monotonic_ns() - start) / 1e9; };
  double next_print = 10;
  for (std::uint64_t i = 0; i < options.rounds && elapsed() < options.seconds && interrupted == 0; ++i) {
    const RoundPlan plan = plan_round(options.seed, options.first + i, prefix);
    Round(board, plan, own_directory).run();
    if (elapsed() >= next_print) {
      print_progress(board, elapsed());
      next_print = elapsed() + (next_print < 60 ? 10 : 60);
    }
  }
  print_progress(board, elapsed());
  print_json(board, elapsed());
  const Counters& c = board.counters;
  // A run in which nothing happened shows nothing.
  const bool worked = c.rounds > 0 && c.batches_read > 0;
  const bool clean = c.errors == 0;
  return worked && clean ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace qads::soak

#if defined(__SANITIZE_THREAD__)
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_options() {
  return "die_after_fork=0";
}
#endif

int main(int argc, char** argv) { return qads::soak::run(qads::soak::parse(argc, argv)); }
