// Log on standard error, of warnings unless QADATASWAP_DEBUG=1 or QADATASWAP_LOG_LEVEL=DEBUG|INFO|WARN|OFF
// says otherwise. One predictable branch when off.
#pragma once

namespace qads {

enum class LogLevel : int { debug = 0, info = 1, warn = 2, off = 3 };

/// False in a program that was started with standard error closed: what has its number later is a file of the
/// program's, and no place for our lines.
extern const bool has_standard_error;

extern const LogLevel log_threshold;

[[gnu::format(printf, 2, 3), gnu::cold]] void log_line(LogLevel level, const char* format, ...) noexcept;

}  // namespace qads

// A macro, so that the arguments are not evaluated when the level is off.
#define QADS_LOG(level, ...)                                             \
  (__builtin_expect(::qads::LogLevel::level >= ::qads::log_threshold, 0) \
       ? ::qads::log_line(::qads::LogLevel::level, __VA_ARGS__)          \
       : static_cast<void>(0))
