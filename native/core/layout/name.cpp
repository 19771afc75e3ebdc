#include "name.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "core/base/clock.hpp"
#include "core/base/descriptor.hpp"
#include "core/base/error.hpp"
#include "ipc/utf8.hpp"

namespace qads {
namespace {

constexpr const char* kArenaPrefix = "qads-arena.";
constexpr const char* kBellPrefix = "qads-bell.";
constexpr const char* kNewBellPrefix = "qads-new-bell.";

bool allowed(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

struct Character {
  std::uint32_t code;  // of Unicode, or a byte that is no text
  std::size_t bytes;
  bool is_text;
};

Character character_at(const std::string& text, std::size_t at) noexcept {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data()) + at;
  const std::uint8_t lead = bytes[0];
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (text.size() - at < length || !ipc::is_utf8(bytes, length)) return {lead, 1, false};
  std::uint32_t code = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (bytes[i] & 0x3Fu);
  return {code, length, true};
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
  const int fd = open_descriptor(kSharedMemoryDirectory, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(fdopendir(fd), closedir);
  if (!directory) {
    close(fd);
    return names;
  }
  while (const dirent* entry = readdir(directory.get())) {
    const std::string file = entry->d_name;
    if (file.compare(0, prefix.size(), prefix) == 0) names.push_back(file.substr(prefix.size()));
  }
  return names;
}

bool is_valid(const std::string& name) noexcept {
  return !name.empty() && name.size() <= kMaxNameLength && std::all_of(name.begin(), name.end(), allowed) &&
         name.find_first_not_of('.') != std::string::npos;
}

/// A character as people may safely see it: of names that hold line breaks, terminal codes or no text at all.
std::string visible(const Character& c) {
  char text[16];
  if (!c.is_text) {
    std::snprintf(text, sizeof text, "\\x%02x", c.code);
  } else if (c.code > ' ' && c.code < 0x7f) {
    std::snprintf(text, sizeof text, "%c", static_cast<char>(c.code));
  } else {
    std::snprintf(text, sizeof text, "\\u{%x}", c.code);
  }
  return text;
}

/// Throws for a name of which one character is not allowed.
[[noreturn]] void fail_at_character(const std::string& name, const char* advice) {
  // A name that somebody else made may be long: as much as shows the place.
  constexpr std::size_t kBefore = 40, kAfter = 10;
  std::vector<std::string> characters;
  std::size_t place = 0;
  std::string wrong;
  for (std::size_t at = 0; at < name.size() && (place == 0 || characters.size() < place + kAfter);) {
    const Character c = character_at(name, at);
    characters.push_back(visible(c));
    if (place == 0 && !(c.is_text && c.code < 0x80 && allowed(static_cast<char>(c.code)))) {
      place = characters.size();
      wrong = c.is_text && c.code == ' ' ? "a space" : characters.back();
    }
    at += c.bytes;
  }
  std::string shown = place > kBefore ? "…" : "";
  for (std::size_t i = place > kBefore ? place - kBefore : 0; i < characters.size(); ++i)
    shown += characters[i];
  fail(Errc::name_invalid, "\"%s\" is not a name for an arena: its character %zu is %s; %s", shown.c_str(),
       place, wrong.c_str(), advice);
}

}  // namespace

void validate_name(const std::string& name) {
  constexpr const char* kAdvice = "use 1 to 200 of the characters A-Z a-z 0-9 . _ -, and not only dots";
  if (name.empty()) fail(Errc::name_invalid, "the arena's name is empty; %s", kAdvice);
  if (name.size() > kMaxNameLength) {
    fail(Errc::name_invalid, "the arena's name has %zu characters, more than %zu; %s", name.size(),
         kMaxNameLength, kAdvice);
  }
  if (!std::all_of(name.begin(), name.end(), allowed)) fail_at_character(name, kAdvice);
  if (!is_valid(name))
    fail(Errc::name_invalid, "\"%s\" is not a name for an arena; %s", name.c_str(), kAdvice);
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

std::vector<std::string> list_segment_names() {
  std::vector<std::string> names = list_files(kArenaPrefix);
  names.erase(std::remove_if(names.begin(), names.end(), [](const auto& name) { return !is_valid(name); }),
              names.end());
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
