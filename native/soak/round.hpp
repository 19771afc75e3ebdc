// The driver of a round: starts the processes, kills, stops and replaces them, ends the round, and looks at
// what is left.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "board.hpp"
#include "member.hpp"
#include "plan.hpp"

namespace qads::soak {

class Round {
 public:
  /// Borrows the board. `own_directory`: no other program has files in /dev/shm.
  Round(Board& board, const RoundPlan& plan, bool own_directory);
  ~Round();
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;

  void run();

 private:
  struct Member {
    pid_t pid;
    Role role;
    bool stopped;
  };

  void start(const Role& role);
  void start_writer(std::size_t arena);
  void start_reader();
  void event();
  void kill_one();
  void stop_or_continue();
  void reap();
  void wait_for(bool (*wanted)(const Role&));
  void wait_for_relays();
  void end();
  void take_over_all();
  void look_at_directory();

  Board& board_;
  const RoundPlan& plan_;
  const bool own_directory_;
  Random random_;
  std::vector<Member> members_;
};

}  // namespace qads::soak
