// Processes of other users. Numbers are enough, there need be no such user on the machine.
#pragma once

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <vector>

#include "process_roles.hpp"

namespace qads::test {

struct User {
  uid_t id;
  gid_t group;
  std::vector<gid_t> more_groups;
};

/// Who may become others; says what is left out where nobody may.
inline bool can_be_others() {
  if (getuid() == 0 && isolated) return true;
  std::puts("left out: needs the right to become other users, in a /dev/shm of its own");
  return false;
}

/// For the rest of this process' life. With a umask that takes everything away.
inline void become(const User& user) {
  REQUIRE(setgroups(user.more_groups.size(), user.more_groups.data()) == 0);
  REQUIRE(setgid(user.group) == 0 && setuid(user.id) == 0);
  umask(0777);
}

inline Child process_of(const User& user, const std::function<void()>& body,
                        Child::Stderr how = Child::Stderr::inherited) {
  const auto as_user = [=] {
    become(user);
    body();
  };
  return Child(as_user, how);
}

}  // namespace qads::test
