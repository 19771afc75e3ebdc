// Leaving arenas when the process exits without closing them: exit() and a return from main give names and
// places back at once, as close() would; only a killed process leaves that to others.
#pragma once

#include <functional>

namespace qads {

/// Runs `leave` at exit unless the guard goes first. In a forked child nothing is run.
class ExitGuard {
 public:
  explicit ExitGuard(std::function<void()> leave);
  ~ExitGuard();
  ExitGuard(const ExitGuard&) = delete;
  ExitGuard& operator=(const ExitGuard&) = delete;
};

}  // namespace qads
