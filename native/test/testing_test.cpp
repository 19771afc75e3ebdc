#include "testing.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>

using qads::testing::describe;
using qads::testing::require_throws;

namespace {

/// Exit status of a child that runs `body` and leaves through exit_child, its messages discarded.
template <typename Body>
int status_of_child(Body body) {
  const pid_t pid = fork();
  if (pid == 0) {
    if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(99);
    try {
      body();
    } catch (const qads::testing::CaseEnded&) {
    }
    qads::testing::exit_child();
  }
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("a check that fails fails the process that made it") {
  CHECK_EQ(status_of_child([] { CHECK(1 + 1 == 3); }), 1);
  CHECK_EQ(status_of_child([] { CHECK_EQ(1 + 1, 3); }), 1);
  CHECK_EQ(status_of_child([] { REQUIRE(1 + 1 == 3); }), 1);
  CHECK_EQ(status_of_child([] { require_throws<std::runtime_error>([] {}); }), 1);
  CHECK_EQ(status_of_child([] { CHECK(1 + 1 == 2); }), 0);
}

TEST_CASE("an expected exception is handed back with its message") {
  const auto error = require_throws<std::runtime_error>([] { throw std::runtime_error("why"); });
  CHECK_EQ(std::string(error.what()), "why");
}

TEST_CASE("values in messages are readable, bytes and enumerators as numbers") {
  enum class Color : std::uint8_t { kRed = 7 };
  struct Opaque {};
  CHECK_EQ(describe(Color::kRed), "7");
  CHECK_EQ(describe(std::uint8_t{65}), "65");
  CHECK_EQ(describe("text"), "text");
  CHECK_EQ(describe(Opaque{}), "(a value that cannot be printed)");
}
