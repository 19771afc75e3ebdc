// One sentence instead of a bare crash when a program writes into a leased batch, or its arena was truncated.
//
// The handler owns only registered address ranges; a fault anywhere else goes to the handler that was there
// before.
#pragma once

#include <cstddef>
#include <string>

namespace qads {

/// Registers a range for as long as the object lives; the first one installs the handler. If the table is
/// full, a fault in the range is reported by the default handler instead.
class FaultRange {
 public:
  FaultRange(const void* begin, std::size_t length, const std::string& arena);
  ~FaultRange();
  FaultRange(const FaultRange&) = delete;
  FaultRange& operator=(const FaultRange&) = delete;

 private:
  int index_;
};

}  // namespace qads
