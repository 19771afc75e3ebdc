#pragma once

#include <string>
#include <vector>

#include "qadataswap/arrow/reader.hpp"
#include "qadataswap/arrow/writer.hpp"

namespace qads::arrow {

/// What an arena looks like from outside.
struct ArenaInfo {
  qads_arena_info arena;                  ///< the arena itself
  std::vector<qads_reader_info> readers;  ///< one for each entry in use
};

/// One named shared-memory segment: one channel, with one writer and many readers. Making the object creates
/// nothing.
class SharedMemoryArena {
 public:
  /// The arena of this name, which need not exist.
  explicit SharedMemoryArena(std::string name) : name_(std::move(name)) {}

  /// The names of the arenas on this machine, sorted.
  static std::vector<std::string> list();

  /// As it was given.
  const std::string& name() const noexcept { return name_; }
  /// Creates the arena and becomes its writer; see Writer.
  Writer create_writer(const WriterOptions& options = {}) const { return Writer(name_, options); }
  /// Attaches a reader; see Reader.
  Reader create_reader(const ReaderOptions& options = {}) const { return Reader(name_, options); }

  /// True while the name exists: a writer is there, or readers still drain what it left.
  bool exists() const;
  /// Looks at the arena without attaching to it. Codes: NOT_FOUND, NOT_AN_ARENA, INCOMPATIBLE, CORRUPT,
  /// NAME_INVALID, PERMISSION.
  ArenaInfo inspect() const;
  /// Removes the name; parties that are attached go on with each other. False when there was none.
  bool unlink() const;

 private:
  std::string name_;
};

}  // namespace qads::arrow
