#include "qadataswap/arrow/arena.hpp"

#include "status.hpp"

namespace qads::arrow {

std::vector<std::string> SharedMemoryArena::list() {
  std::vector<std::string> names;
  checked(qads_list_arenas(
      [](const char* name, void* context) {
        static_cast<std::vector<std::string>*>(context)->emplace_back(name);
        return 0;
      },
      &names));
  return names;
}

bool SharedMemoryArena::exists() const {
  qads_arena_info info;
  const int code = qads_inspect_arena(checked_name(name_), &info, nullptr, 0);
  if (code == QADS_ERR_NOT_FOUND) return false;
  checked(code);
  return true;
}

ArenaInfo SharedMemoryArena::inspect() const {
  ArenaInfo info;
  // Readers may join between two looks: as many places as an arena can have.
  info.readers.resize(512);
  checked(qads_inspect_arena(checked_name(name_), &info.arena, info.readers.data(), info.readers.size()));
  info.readers.resize(info.arena.readers);
  return info;
}

bool SharedMemoryArena::unlink() const {
  int removed = 0;
  checked(qads_unlink_arena(checked_name(name_), &removed));
  return removed != 0;
}

}  // namespace qads::arrow
