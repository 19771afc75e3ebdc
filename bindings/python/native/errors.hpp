// Errors of the C ABI as exceptions of the package `qadataswap`.
#pragma once

#include <string>

#include "qadataswap.h"

namespace qads::python {

/// Raises the exception class of this code of the C ABI, with the sentence of qads_last_error(). Needs the
/// GIL.
[[noreturn]] void raise(int code);

/// Raises if `code` is an error; statuses (zero and below) are returned.
inline int checked(int code) {
  if (code > 0) raise(code);
  return code;
}

/// For the C ABI, which would take what is before a zero byte for the name. Needs the GIL.
inline const char* checked_name(const std::string& name) {
  checked(qads_check_name(name.data(), name.size()));
  return name.c_str();
}

/// Raises what Python's signal handlers raise, KeyboardInterrupt for one. Needs the GIL.
void check_signals();

}  // namespace qads::python
