// What the benchmarks share: their arguments, two processes, and JSON out.
#pragma once

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "core/ring/reader.hpp"
#include "core/ring/writer.hpp"

namespace qads::bench {

/// Long enough that a blocking call never sleeps while its peer is at work.
inline constexpr std::uint32_t kSpinMicros = 1'000'000;

inline std::uint64_t argument(int argc, char** argv, int at, std::uint64_t fallback) {
  return argc > at ? std::strtoull(argv[at], nullptr, 10) : fallback;
}

inline std::string arena_name(const char* what) {
  return std::string("bench-native-") + what + "-" + std::to_string(getpid());
}

/// Runs `body` in a child that dies with this process; the child leaves without destructors of the parent.
template <typename Body>
pid_t run_in_child(Body&& body) {
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    body();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    _exit(1);
  }
  _exit(0);
}

/// A T that this process shares with the children it forks from now on.
template <typename T>
T& shared() {
  void* bytes = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (bytes == MAP_FAILED) throw std::bad_alloc();
  return *new (bytes) T();
}

inline void print_numbers(const char* name, const std::vector<double>& values, bool last = false) {
  std::printf("\"%s\":[", name);
  for (std::size_t i = 0; i < values.size(); ++i) std::printf("%s%.2f", i == 0 ? "" : ",", values[i]);
  std::printf("]%s", last ? "" : ",");
}

template <typename Body>
int run(Body&& body) {
  try {
    body();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

}  // namespace qads::bench
