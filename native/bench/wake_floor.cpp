// The least that waking another process takes: two processes, a FIFO each way, and epoll_wait, read and write
// on both sides. `wake_floor TRIPS ROUNDS [CPU_HERE CPU_THERE]` prints the microseconds of a round trip of
// each round, {"p50":[…],"p90":[…],"p99":[…]}. Without the last two, the processes run wherever the kernel
// puts them.
#include <fcntl.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "bench_support.hpp"
#include "core/base/clock.hpp"

namespace {

using namespace qads;
using namespace qads::bench;

constexpr std::uint64_t kAnywhere = UINT64_MAX;
/// Far longer than any wake: the other side has gone.
constexpr int kPatienceMs = 10'000;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

void pin(std::uint64_t cpu) {
  if (cpu == kAnywhere) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  if (sched_setaffinity(0, sizeof(one), &one) != 0) fail("pinning a process");
}

/// A FIFO, open for both ends, whose name is gone again.
int make_fifo(const char* way) {
  const std::string path = "/tmp/qads-wake-floor-" + std::to_string(getpid()) + "-" + way;
  if (mkfifo(path.c_str(), 0600) != 0) fail("making a FIFO");
  const int fd = open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  unlink(path.c_str());
  if (fd < 0) fail("opening a FIFO");
  return fd;
}

/// One process' side: it rings one FIFO, and sleeps until the other is rung.
class Side {
 public:
  Side(int rings, int hears) : rings_(rings), hears_(hears), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (epoll_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, hears_, &event) != 0) fail("epoll");
  }

  void ring() const {
    if (write(rings_, "r", 1) != 1) fail("ringing");
  }

  void hear() const {
    epoll_event event;
    char bytes[64];
    if (epoll_wait(epoll_, &event, 1, kPatienceMs) != 1) fail("waiting for the other side");
    if (read(hears_, bytes, sizeof(bytes)) != 1) fail("reading");
  }

 private:
  int rings_;
  int hears_;
  int epoll_;
};

double percentile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5)];
}

}  // namespace

int main(int argc, char** argv) {
  return run([&] {
    const std::uint64_t trips = std::max<std::uint64_t>(1, argument(argc, argv, 1, 1000));
    const std::uint64_t rounds = argument(argc, argv, 2, 9);
    const std::uint64_t here = argument(argc, argv, 3, kAnywhere);
    const std::uint64_t elsewhere = argument(argc, argv, 4, kAnywhere);
    const int there = make_fifo("there");
    const int back = make_fifo("back");
    const pid_t child = run_in_child([&] {
      pin(elsewhere);
      const Side side(back, there);
      for (std::uint64_t i = 0; i < trips * (rounds + 1); ++i) {
        side.hear();
        side.ring();
      }
    });
    pin(here);
    const Side side(there, back);
    std::vector<double> p50, p90, p99, times(trips);
    for (std::uint64_t round = 0; round <= rounds; ++round) {
      for (double& time : times) {
        const std::uint64_t start = monotonic_ns();
        side.ring();
        side.hear();
        time = static_cast<double>(monotonic_ns() - start) / 1e3;
      }
      if (round == 0) continue;
      std::sort(times.begin(), times.end());
      p50.push_back(percentile(times, 0.5));
      p90.push_back(percentile(times, 0.9));
      p99.push_back(percentile(times, 0.99));
    }
    waitpid(child, nullptr, 0);
    std::printf("{");
    print_numbers("p50", p50);
    print_numbers("p90", p90);
    print_numbers("p99", p99, true);
    std::printf("}\n");
  });
}
