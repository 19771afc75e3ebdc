#include "arena_name.hpp"

#include <dirent.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "clock.hpp"
#include "error.hpp"

namespace qads {
namespace {

constexpr const char* kArenaPrefix = "qads-arena.";
constexpr const char* kBellPrefix = "qads-bell.";
constexpr const char* kNewBellPrefix = "qads-new-bell.";

bool allowed(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

std::string hex_path(const char* prefix, std::uint64_t id) {
  char text[96];
  std::snprintf(text, sizeof text, "%s/%s%016llx", kSharedMemoryDirectory, prefix,
                static_cast<unsigned long long>(id));
  return text;
}

/// What follows the prefix in the names of the files that have it.
std::vector<std::string> list_files(const std::string& prefix) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(kSharedMemoryDirectory), closedir);
  if (!directory) return names;
  while (const dirent* entry = readdir(directory.get())) {
    const std::string file = entry->d_name;
    if (file.compare(0, prefix.size(), prefix) == 0) names.push_back(file.substr(prefix.size()));
  }
  return names;
}

}  // namespace

void validate_name(const std::string& name) {
  constexpr const char* kAdvice = "use 1 to 200 of the characters A-Z a-z 0-9 . _ -, and not only dots";
  if (name.empty()) fail(Errc::name_invalid, "the arena's name is empty; %s", kAdvice);
  if (name.size() > kMaxNameLength) {
    fail(Errc::name_invalid, "the arena's name has %zu characters, more than %zu; %s", name.size(),
         kMaxNameLength, kAdvice);
  }
  if (!std::all_of(name.begin(), name.end(), allowed) || name.find_first_not_of('.') == std::string::npos) {
    std::string shown;
    for (const char c : name) shown += (c >= ' ' && c < '\x7f') ? c : '?';
    fail(Errc::name_invalid, "\"%s\" is not a name for an arena; %s", shown.c_str(), kAdvice);
  }
}

std::string arena_path(const std::string& name) {
  return std::string(kSharedMemoryDirectory) + "/" + kArenaPrefix + name;
}

std::string bell_path(std::uint64_t bell_id) { return hex_path(kBellPrefix, bell_id); }
std::string new_bell_path(std::uint64_t bell_id) { return hex_path(kNewBellPrefix, bell_id); }

std::vector<std::string> list_bell_paths() {
  std::vector<std::string> paths;
  for (const char* prefix : {kBellPrefix, kNewBellPrefix}) {
    for (const std::string& rest : list_files(prefix)) {
      paths.push_back(std::string(kSharedMemoryDirectory) + "/" + prefix + rest);
    }
  }
  return paths;
}

std::vector<std::string> list_arena_names() {
  std::vector<std::string> names = list_files(kArenaPrefix);
  std::sort(names.begin(), names.end());
  return names;
}

std::uint64_t random_id() {
  std::uint64_t id = 0;
  if (getrandom(&id, sizeof id, 0) != static_cast<ssize_t>(sizeof id)) {
    id = wall_ns() * 0x9E3779B97F4A7C15ull ^ (static_cast<std::uint64_t>(getpid()) << 32);
  }
  return id != 0 ? id : 1;
}

}  // namespace qads
