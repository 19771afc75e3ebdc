#include "bell_access.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "core/base/log.hpp"

namespace qads {
namespace {

// More than a program has; a list that grew for ever would be refused in the end.
constexpr std::size_t kMaxEntries = 64;

// The kernel's format of an access control list: linux/posix_acl_xattr.h.
constexpr std::uint32_t kListVersion = 2;
struct ListEntry {
  std::uint16_t tag;
  std::uint16_t permissions;
  std::uint32_t id;
};
constexpr std::uint16_t kOwner = 0x01, kUser = 0x02, kOwningGroup = 0x04, kGroup = 0x08, kMask = 0x10,
                        kOther = 0x20;
constexpr std::uint16_t kRead = 4, kWrite = 2;
constexpr std::uint32_t kNobody = UINT32_MAX;

/// True if it is new.
template <typename Id>
bool add(std::vector<Id>& ids, Id id) {
  const auto place = std::lower_bound(ids.begin(), ids.end(), id);
  if ((place != ids.end() && *place == id) || ids.size() >= kMaxEntries) return false;
  ids.insert(place, id);
  return true;
}

}  // namespace

void BellAccess::admit(int bell_fd, int segment_fd) {
  struct stat segment{};
  if (fstat(segment_fd, &segment) != 0) return;
  bool is_new = false;
  if (segment.st_uid != geteuid()) is_new |= add(users_, segment.st_uid);
  if ((segment.st_mode & S_IWGRP) != 0) is_new |= add(groups_, segment.st_gid);
  if ((segment.st_mode & S_IWOTH) != 0 && !others_) is_new = others_ = true;
  if (is_new) apply(bell_fd);
}

void BellAccess::apply(int bell_fd) const {
  const bool has_group = groups_.empty() || fchown(bell_fd, static_cast<uid_t>(-1), groups_.front()) == 0;
  if (has_group && users_.empty() && groups_.size() <= 1) return apply_mode(bell_fd, has_group);
  if (apply_list(bell_fd)) return;
  QADS_LOG(debug, "bell: no access control list (%s): not everybody who shares an arena can ring it",
           std::strerror(errno));
  apply_mode(bell_fd, has_group);
}

void BellAccess::apply_mode(int bell_fd, bool has_group) const noexcept {
  mode_t mode = S_IRUSR | S_IWUSR;
  if (!groups_.empty() && has_group) mode |= S_IWGRP;
  // Who belongs to the bell's group is judged by the group's bits alone.
  if (others_) mode |= S_IWGRP | S_IWOTH;
  fchmod(bell_fd, mode);
}

bool BellAccess::apply_list(int bell_fd) const {
  const std::uint16_t others = others_ ? kWrite : 0;
  std::vector<ListEntry> entries{{kOwner, kRead | kWrite, kNobody}};
  for (const uid_t user : users_) entries.push_back({kUser, kWrite, user});
  // The owning group may be another than those that were asked for.
  entries.push_back({kOwningGroup, others, kNobody});
  for (const gid_t group : groups_) entries.push_back({kGroup, kWrite, group});
  entries.push_back({kMask, kWrite, kNobody});
  entries.push_back({kOther, others, kNobody});
  std::vector<char> bytes(sizeof kListVersion + entries.size() * sizeof(ListEntry));
  std::memcpy(bytes.data(), &kListVersion, sizeof kListVersion);
  std::memcpy(bytes.data() + sizeof kListVersion, entries.data(), entries.size() * sizeof(ListEntry));
  return fsetxattr(bell_fd, "system.posix_acl_access", bytes.data(), bytes.size(), 0) == 0;
}

}  // namespace qads
