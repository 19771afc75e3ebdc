#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace qads::ipc {

struct DescribedColumn {
  std::string name;
  /// All that schema_difference() compares: "timestamp[ns, UTC]", "list<utf8 not null>". Two types are the
  /// same when these are.
  std::string type;
};

/// The columns of a schema message; false when the message is damaged. Throws std::bad_alloc only.
bool describe_columns(const std::vector<uint8_t>& message, std::vector<DescribedColumn>& columns);

/// A name in quotes, so that no name can pass for something else.
std::string quoted(const std::string& name);

}  // namespace qads::ipc
