// Error codes, the same in every language, and the exception that carries them.
#pragma once

#include <stdexcept>
#include <string>

namespace qads {

/// Stable: the numbers are the C ABI's, the names (ERR_QADS_…) are every language's.
enum class Errc : int {
  ok = 0,
  name_invalid = 1,
  invalid_argument = 2,
  not_found = 3,
  writer_exists = 4,
  incompatible = 5,
  not_an_arena = 6,
  corrupt = 7,
  too_many_readers = 8,
  no_space = 9,
  batch_too_large = 10,
  schema_mismatch = 11,
  timed_out = 12,
  aborted = 13,
  writer_died = 14,
  writer_aborted = 15,
  closed = 16,
  released = 17,
  permission = 18,
  forked = 19,
  full = 20,
  system = 21,
};

/// "ERR_QADS_NAME_INVALID" and so on; "ERR_QADS_SYSTEM" for a number that is none of ours.
const char* error_code_name(Errc code) noexcept;

class Error : public std::runtime_error {
 public:
  Error(Errc code, const std::string& message) : std::runtime_error(message), code_(code) {}
  Errc code() const noexcept { return code_; }

 private:
  Errc code_;
};

/// printf-style message.
[[noreturn, gnu::format(printf, 2, 3)]] void fail(Errc code, const char* format, ...);

/// Maps an errno of a call on the arena `name` to permission, no_space, not_found or system.
[[noreturn]] void fail_errno(int error, const char* call, const std::string& name);

}  // namespace qads
