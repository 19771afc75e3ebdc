#include "memory_limit.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <initializer_list>
#include <sstream>
#include <vector>

#include "core/base/descriptor.hpp"
#include "core/life/fork_guard.hpp"

namespace qads {
namespace {

/// Names of the files of one version.
struct Version {
  const char* limit;
  const char* usage;
  std::initializer_list<const char*> reclaimable;  // lines of memory.stat: what the kernel can take back
};
const Version kOne{
    "memory.limit_in_bytes", "memory.usage_in_bytes", {"total_inactive_file", "total_active_file"}};
const Version kTwo{"memory.max", "memory.current", {"inactive_file", "active_file", "slab_reclaimable"}};

// Version 1 says "no limit" with a number near this.
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62;

/// Empty if it cannot be read.
std::string read_text(const std::string& path) {
  const GuardedFd fd(open_descriptor(path.c_str(), O_RDONLY));
  std::string text;
  char part[4096];
  for (ssize_t got; fd && (got = read(fd.get(), part, sizeof part)) > 0;) {
    text.append(part, static_cast<std::size_t>(got));
  }
  return text;
}

std::optional<std::uint64_t> number_in(const std::string& text) {
  std::uint64_t number = 0;
  if (std::sscanf(text.c_str(), "%" SCNu64, &number) != 1) return std::nullopt;
  return number;
}

/// The number behind `key` at the beginning of a line; 0 without it.
std::uint64_t field(const std::string& text, const std::string& key) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, key.size() + 1, key + " ") == 0) {
      return number_in(line.substr(key.size() + 1)).value_or(0);
    }
  }
  return 0;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

bool lists(const std::string& names, const std::string& wanted) {
  const auto all = split(names, ',');
  return std::find(all.begin(), all.end(), wanted) != all.end();
}

/// Where a hierarchy is mounted, and which of its groups is the mount's root.
struct Mount {
  std::string root, point;
};

std::optional<Mount> find_mount(const std::string& mountinfo, bool is_two) {
  for (const std::string& line : split(mountinfo, '\n')) {
    // 35 31 0:32 /root /mount/point rw,… shared:1 - cgroup source rw,memory
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const auto before = split(line.substr(0, dash), ' ');
    const auto after = split(line.substr(dash + 3), ' ');
    if (before.size() < 5 || after.size() < 3) continue;
    const bool fits = is_two ? after[0] == "cgroup2" : after[0] == "cgroup" && lists(after[2], "memory");
    if (fits) return Mount{before[3] == "/" ? "" : before[3], before[4]};
  }
  return std::nullopt;
}

/// The path of this process' group below the mount; the mount's root if the group is not to be seen from
/// here.
std::string path_in(const Mount& mount, const std::string& group) {
  if (group.compare(0, mount.root.size(), mount.root) != 0 || group.find("/..") != std::string::npos)
    return "";
  const std::string path = group.substr(mount.root.size());
  return path.empty() || path[0] != '/' || path == "/" ? "" : path;
}

std::optional<MemoryLimit> limit_of(const std::string& folder, const Version& version) {
  const std::string file = folder + "/" + version.limit;
  const auto limit = number_in(read_text(file));  // "max" is none
  const auto usage = number_in(read_text(folder + "/" + version.usage));
  if (!limit || !usage || *limit >= kNoLimit) return std::nullopt;
  const std::string statistics = read_text(folder + "/memory.stat");
  std::uint64_t reclaimable = 0;
  for (const char* line : version.reclaimable) reclaimable += field(statistics, line);
  const std::uint64_t used = *usage - std::min(*usage, reclaimable);
  return MemoryLimit{*limit, *limit - std::min(*limit, used), file};
}

}  // namespace

std::optional<MemoryLimit> tightest_memory_limit(const std::string& root) {
  const std::string mountinfo = read_text(root + "/proc/self/mountinfo");
  std::optional<MemoryLimit> tightest;
  for (const std::string& line : split(read_text(root + "/proc/self/cgroup"), '\n')) {
    // 0::/path of version 2, 4:memory:/path of version 1
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool is_two = controllers.empty();
    if (!is_two && !lists(controllers, "memory")) continue;
    const auto mount = find_mount(mountinfo, is_two);
    if (!mount) continue;
    std::string path = path_in(*mount, line.substr(second + 1));
    for (;;) {
      const auto limit = limit_of(root + mount->point + path, is_two ? kTwo : kOne);
      if (limit && (!tightest || limit->available < tightest->available)) tightest = limit;
      if (path.empty()) break;
      path.erase(path.rfind('/'));
    }
  }
  return tightest;
}

std::optional<std::uint64_t> available_memory(const std::string& root) {
  const std::uint64_t kilobytes = field(read_text(root + "/proc/meminfo"), "MemAvailable:");
  if (kilobytes == 0) return std::nullopt;
  return kilobytes * 1024;
}

}  // namespace qads
