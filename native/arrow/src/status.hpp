// Statuses of the C ABI and of Arrow C++ as exceptions.
#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <string>
#include <utility>

#include "qadataswap/arrow/error.hpp"

namespace qads::arrow {

/// Throws if `code` is an error; statuses (zero and below) are returned.
inline int checked(int code) {
  if (code > 0) throw Error(static_cast<qads_error>(code), qads_last_error());
  return code;
}

/// For the C ABI, which would take what is before a zero byte for the name.
inline const char* checked_name(const std::string& name) {
  checked(qads_check_name(name.data(), name.size()));
  return name.c_str();
}

[[noreturn]] inline void fail(qads_error code, const std::string& message) { throw Error(code, message); }

/// `what` says what Arrow was asked for.
inline void check_arrow(const ::arrow::Status& status, qads_error code, const std::string& what) {
  if (!status.ok()) fail(code, what + ": " + status.ToString());
}

template <typename T>
T check_arrow(::arrow::Result<T> result, qads_error code, const std::string& what) {
  check_arrow(result.status(), code, what);
  return std::move(result).ValueUnsafe();
}

}  // namespace qads::arrow
