#pragma once

// A small test framework, so that the native tests need nothing but a compiler.
//
//   TEST_CASE("a ring that is full refuses the next claim") {
//     CHECK(!writer.try_claim(64));
//     CHECK_EQ(writer.stats().claims, 3u);
//   }
//
// CHECK and CHECK_EQ record a failure and go on; REQUIRE ends the test case. All may be used from any thread
// of the process, REQUIRE only from the one that runs the test case. A process forked by a test case must
// leave through `exit_child`, which carries its failures to the parent as an exit status.

#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace qads::testing {

/// Thrown by REQUIRE to end a test case whose failure has been recorded already.
struct CaseEnded {};

struct Location {
  const char* file;
  int line;
};

using Body = void (*)();

/// Adds a test case to the list that `main` runs. Returns a value only so that it can initialise a static.
bool add_case(const char* name, Body body, Location at);

/// Counts one failure of the running test case and prints where and what to standard error.
void record_failure(Location at, std::string_view what);

/// Failures of the running test case so far.
unsigned failures();

/// Ends a forked child with status 0, or 1 when it has recorded failures, without running the parent's atexit
/// handlers and static destructors.
[[noreturn]] void exit_child();

/// True when QADS_QUICK=1: long tests run a shorter form of themselves.
bool quick();

template <typename T, typename = void>
struct IsPrintable : std::false_type {};
template <typename T>
struct IsPrintable<T, std::void_t<decltype(std::declval<std::ostream&>() << std::declval<const T&>())>>
    : std::true_type {};

template <typename T>
std::string describe(const T& value) {
  std::ostringstream out;
  if constexpr (std::is_enum_v<T>) {
    out << +static_cast<std::underlying_type_t<T>>(value);
  } else if constexpr (std::is_same_v<T, unsigned char> || std::is_same_v<T, signed char>) {
    out << +value;
  } else if constexpr (IsPrintable<T>::value) {
    out << value;
  } else {
    out << "(a value that cannot be printed)";
  }
  return out.str();
}

inline bool check(bool passed, std::string_view expression, Location at) {
  if (!passed) record_failure(at, expression);
  return passed;
}

template <typename A, typename B>
void check_equal(const A& actual, const B& expected, std::string_view expression, Location at) {
  if (actual == expected) return;
  record_failure(at, std::string(expression) + "\n    actual:   " + describe(actual) +
                         "\n    expected: " + describe(expected));
}

/// Runs `action` and returns the exception of type E that it throws, so that its message and code can be
/// checked. Anything else than an E ends the test case.
template <typename E, typename Action>
E require_throws(Action&& action, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  try {
    std::forward<Action>(action)();
  } catch (const E& error) {
    return error;
  }
  record_failure({file, line}, "the expected exception was not thrown");
  throw CaseEnded{};
}

}  // namespace qads::testing

#define QADS_TESTING_JOIN2(a, b) a##b
#define QADS_TESTING_JOIN(a, b) QADS_TESTING_JOIN2(a, b)
#define QADS_TESTING_HERE (::qads::testing::Location{__FILE__, __LINE__})

#define TEST_CASE(name)                                                                             \
  static void QADS_TESTING_JOIN(test_case_, __LINE__)();                                            \
  [[maybe_unused]] static const bool QADS_TESTING_JOIN(test_case_added_, __LINE__) =                \
      ::qads::testing::add_case(name, &QADS_TESTING_JOIN(test_case_, __LINE__), QADS_TESTING_HERE); \
  static void QADS_TESTING_JOIN(test_case_, __LINE__)()

#define CHECK(...) \
  (void)::qads::testing::check(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, QADS_TESTING_HERE)
#define CHECK_EQ(actual, expected) \
  ::qads::testing::check_equal(actual, expected, #actual " == " #expected, QADS_TESTING_HERE)
#define REQUIRE(...)                                                                       \
  (::qads::testing::check(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, QADS_TESTING_HERE) \
       ? void()                                                                            \
       : throw ::qads::testing::CaseEnded{})
