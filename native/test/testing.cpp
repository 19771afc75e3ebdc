#include "testing.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <string>
#include <vector>

namespace qads::testing {
namespace {

struct Case {
  const char* name;
  Body body;
  Location at;
};

// Function-local, so that it exists before the first static of any test file asks for it.
std::vector<Case>& cases() {
  static std::vector<Case> list;
  return list;
}

std::atomic<unsigned> failure_count{0};
std::mutex print_mutex;

void run(const Case& test) {
  failure_count = 0;
  try {
    test.body();
  } catch (const CaseEnded&) {
  } catch (const std::exception& error) {
    record_failure(test.at, std::string("exception: ") + error.what());
  } catch (...) {
    record_failure(test.at, "an exception that is no std::exception");
  }
}

}  // namespace

bool add_case(const char* name, Body body, Location at) {
  cases().push_back({name, body, at});
  return true;
}

void record_failure(Location at, std::string_view what) {
  ++failure_count;
  const std::lock_guard<std::mutex> lock(print_mutex);
  std::fprintf(stderr, "%s:%d: %.*s\n", at.file, at.line, static_cast<int>(what.size()), what.data());
}

unsigned failures() { return failure_count; }

void exit_child() {
  std::fflush(nullptr);
  _exit(failure_count == 0 ? 0 : 1);
}

bool quick() {
  const char* value = std::getenv("QADS_QUICK");
  return value != nullptr && std::strcmp(value, "1") == 0;
}

}  // namespace qads::testing

#if defined(__SANITIZE_THREAD__)
// Children that are forked while other threads run may have threads of their own.
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_options() {
  return "die_after_fork=0";
}
#endif

namespace {

/// Named in a line of QADS_LEAVE_OUT: what a run in a special environment cannot show.
bool is_left_out(const char* name) {
  const char* all = std::getenv("QADS_LEAVE_OUT");
  return all != nullptr &&
         (std::string("\n") + all + "\n").find(std::string("\n") + name + "\n") != std::string::npos;
}

}  // namespace

/// Runs the test cases whose name contains the first argument, or all. Ends with the line "N passed, N
/// failed".
int main(int argc, char** argv) {
  using namespace qads::testing;
  const char* wanted = argc > 1 ? argv[1] : "";
  unsigned passed = 0;
  unsigned failed = 0;
  unsigned left_out = 0;
  for (const Case& test : cases()) {
    if (std::strstr(test.name, wanted) == nullptr) continue;
    if (is_left_out(test.name)) {
      std::printf("left out  %s\n", test.name);
      ++left_out;
      continue;
    }
    run(test);
    const bool ok = failures() == 0;
    ++(ok ? passed : failed);
    std::printf("%s  %s\n", ok ? "pass" : "FAIL", test.name);
    // A later test case may fork or crash: what has been said must be out by then.
    std::fflush(stdout);
  }
  std::printf("%u passed, %u failed\n", passed, failed);
  return failed == 0 && passed + left_out > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
