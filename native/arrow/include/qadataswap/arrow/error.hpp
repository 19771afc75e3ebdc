#pragma once

#include <stdexcept>
#include <string>

#include "qadataswap.h"

namespace qads::arrow {

/// What everything here throws. The message names the arena, the numbers, and what to do.
class Error : public std::runtime_error {
 public:
  /// An error of this code and message.
  Error(qads_error code, const std::string& message) : std::runtime_error(message), code_(code) {}

  /// QADS_ERR_…, the same in every language.
  qads_error code() const noexcept { return code_; }
  /// "ERR_QADS_…".
  const char* code_name() const noexcept { return qads_error_name(code_); }

 private:
  qads_error code_;
};

}  // namespace qads::arrow
