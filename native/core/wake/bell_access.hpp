// Who may ring a bell.
//
// A bell serves all arenas of its loop, and whoever may write to one of them must be able to ring it. One
// group is a matter of the mode; the owners of arenas and a second group need an access control list.
#pragma once

#include <sys/types.h>

#include <vector>

namespace qads {

class BellAccess {
 public:
  /// Lets those ring who may write to the segment. What the system refuses stays as it was: then they cannot,
  /// and who sleeps looks by itself now and then. Only for the owner of the bell.
  void admit(int bell_fd, int segment_fd);

 private:
  void apply(int bell_fd) const;
  void apply_mode(int bell_fd, bool has_group) const noexcept;
  bool apply_list(int bell_fd) const;

  std::vector<uid_t> users_;
  std::vector<gid_t> groups_;
  bool others_ = false;
};

}  // namespace qads
