#include "space.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstdio>
#include <optional>

#include "core/base/error.hpp"
#include "core/layout/name.hpp"
#include "memory_limit.hpp"

namespace qads {
namespace {

std::string mebibytes(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(bytes) / (1024.0 * 1024.0));
  return text;
}

/// Nothing for a file system without a limit of its own.
std::optional<std::uint64_t> free_shared_memory(const std::string& name) {
  struct statvfs status{};
  if (statvfs(kSharedMemoryDirectory, &status) != 0) {
    const int error = errno;
    check_shared_memory_exists(name);
    fail_errno(error, "looking at shared memory", name);
  }
  if (status.f_blocks == 0) return std::nullopt;
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

}  // namespace

void check_space(std::uint64_t needed, const std::string& name) {
  const std::string folder = kSharedMemoryDirectory;
  const auto free_bytes = free_shared_memory(name);
  const auto memory = available_memory();
  const auto limit = tightest_memory_limit();
  std::string numbers, advice;
  const auto look = [&](std::uint64_t available, const std::string& number, const std::string& way_out) {
    numbers += (numbers.empty() ? "" : ", ") + number;
    if (available < needed) advice += ", " + way_out;
  };
  if (free_bytes) {
    look(*free_bytes, mebibytes(*free_bytes) + " are free in " + folder,
         "remove unused arenas, or give the container more (docker run --shm-size)");
  }
  if (memory) look(*memory, mebibytes(*memory) + " of memory are available", "free memory");
  if (limit) {
    look(limit->available,
         mebibytes(limit->available) + " are left of the " + mebibytes(limit->bytes) +
             " that this process' control group may have (" + limit->file + ")",
         "free memory in the container, or raise its limit (docker run --memory, MemoryMax of systemd)");
  }
  if (advice.empty()) return;
  fail(Errc::no_space, "arena \"%s\" needs %s of shared memory; %s: ask for a smaller sizeMb%s", name.c_str(),
       mebibytes(needed).c_str(), numbers.c_str(), advice.c_str());
}

void check_shared_memory_exists(const std::string& name) {
  struct stat status{};
  if (stat(kSharedMemoryDirectory, &status) == 0 ? S_ISDIR(status.st_mode) : errno != ENOENT) return;
  fail(Errc::system,
       "arena \"%s\": there is no %s on this machine, where arenas live: mount it (mount -t tmpfs -o "
       "mode=1777 tmpfs %s), or give the container one (docker run --shm-size)",
       name.c_str(), kSharedMemoryDirectory, kSharedMemoryDirectory);
}

}  // namespace qads
