#include "log.hpp"

#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace qads {
namespace {

LogLevel level_from_environment() noexcept {
  const char* debug = std::getenv("QADATASWAP_DEBUG");
  if (debug != nullptr && *debug != '\0' && *debug != '0') return LogLevel::debug;
  const char* level = std::getenv("QADATASWAP_LOG_LEVEL");
  if (level == nullptr) return LogLevel::warn;
  if (strcasecmp(level, "DEBUG") == 0 || strcasecmp(level, "TRACE") == 0) return LogLevel::debug;
  if (strcasecmp(level, "INFO") == 0) return LogLevel::info;
  if (strcasecmp(level, "OFF") == 0 || strcasecmp(level, "ERROR") == 0) return LogLevel::off;
  return LogLevel::warn;
}

constexpr const char* kLevelNames[] = {"DEBUG", "INFO", "WARN"};

}  // namespace

const bool has_standard_error = fcntl(STDERR_FILENO, F_GETFD) >= 0;

const LogLevel log_threshold = has_standard_error ? level_from_environment() : LogLevel::off;

void log_line(LogLevel level, const char* format, ...) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm parts{};
  gmtime_r(&now.tv_sec, &parts);
  char line[1024];
  int used = std::snprintf(line, sizeof line, "qadataswap %02d:%02d:%02d.%06ldZ %s pid=%d ", parts.tm_hour,
                           parts.tm_min, parts.tm_sec, now.tv_nsec / 1000,
                           kLevelNames[static_cast<int>(level)], static_cast<int>(getpid()));
  va_list arguments;
  va_start(arguments, format);
  used += std::vsnprintf(line + used, sizeof line - static_cast<std::size_t>(used) - 1, format, arguments);
  va_end(arguments);
  used = std::min(used, static_cast<int>(sizeof line) - 2);
  line[used] = '\n';
  // One write a line, so that lines of several processes do not mix.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line, static_cast<std::size_t>(used) + 1);
}

}  // namespace qads
