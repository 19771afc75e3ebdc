#include "round.hpp"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include "capi/qadataswap.h"
#include "core/base/clock.hpp"
#include "core/layout/name.hpp"
#include "source.hpp"

namespace qads::soak {
namespace {

// For a phase that takes milliseconds: nothing but a hang takes so long.
constexpr std::int64_t kHangMs = 120'000;

bool any(const Role&) { return true; }
bool reads_only(const Role& role) { return role.output == nullptr; }

[[noreturn]] void run_child(Board& board, const Role& role, std::uint64_t seed) {
  try {
    run_member(board, role, seed);
  } catch (const std::exception& error) {
    complain(board, "exception: %s", error.what());
  }
  std::exit(0);
}

void print_where(pid_t pid) {
  for (const char* what : {"wchan", "stack", "status"}) {
    const std::string path = "/proc/" + std::to_string(pid) + "/" + what;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
    char line[256];
    while (file && std::fgets(line, sizeof line, file.get()) != nullptr) std::fprintf(stderr, "  %s", line);
  }
  std::fputc('\n', stderr);
}

}  // namespace

Round::Round(Board& board, const RoundPlan& plan, bool own_directory)
    : board_(board),
      plan_(plan),
      own_directory_(own_directory),
      random_(random_of(board.seed, plan.number, 1)) {
  for (Incarnation& incarnation : board_.incarnations) incarnation.id = 0;
  for (auto& latest : board_.latest) latest = 0;
  board_.phase = Phase::run;
  board_.round = plan.number;
}

Round::~Round() {
  for (const Member& member : members_) {
    ::kill(member.pid, SIGKILL);
    waitpid(member.pid, nullptr, 0);
  }
}

void Round::start(const Role& role) {
  const std::uint64_t seed = random_.next();
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid == 0) run_child(board_, role, seed);
  if (pid < 0) return complain(board_, "fork: %s", std::strerror(errno));
  add(board_.counters.processes);
  members_.push_back({pid, role, false});
}

void Round::start_writer(std::size_t arena) {
  start({arena == 0 ? nullptr : &plan_.arenas[arena - 1], &plan_.arenas[arena]});
}

void Round::start_reader() { start({&plan_.arenas[random_.below(plan_.arenas.size())], nullptr}); }

void Round::run() {
  for (std::size_t i = 0; i < plan_.arenas.size(); ++i) {
    start_writer(i);
    for (std::uint64_t r = 0; r < plan_.arenas[i].readers; ++r) start({&plan_.arenas[i], nullptr});
  }
  const Deadline until = Deadline::after_ms(static_cast<std::int64_t>(plan_.run_ms));
  while (!until.passed()) {
    usleep(static_cast<useconds_t>(random_.below(2 * plan_.event_every_ms + 1) * 1000));
    reap();
    event();
  }
  end();
  look_at_directory();
  add(board_.counters.rounds);
}

void Round::event() {
  if (random_.chance(plan_.kill_percent)) kill_one();
  if (random_.chance(plan_.stop_percent)) stop_or_continue();
  // Whoever died or left is followed by another; every arena has one writer.
  for (std::size_t i = 0; i < plan_.arenas.size(); ++i) {
    bool written = false;
    for (const Member& member : members_) written = written || member.role.output == &plan_.arenas[i];
    if (!written && random_.chance(70)) start_writer(i);
  }
  if (members_.size() < 3 * plan_.arenas.size() + 2 && random_.chance(30)) start_reader();
}

void Round::kill_one() {
  if (members_.empty()) return;
  const std::size_t at = random_.below(members_.size());
  const Member member = members_[at];
  members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(at));
  ::kill(member.pid, SIGKILL);
  int status = 0;
  waitpid(member.pid, &status, 0);
  if (member.stopped) board_.stopped.fetch_sub(1);
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
    if (status != 0)
      complain(board_, "process %d ended with status %#x before it was killed", member.pid, status);
    return;
  }
  add(member.role.input == nullptr    ? board_.counters.writers_killed
      : member.role.output == nullptr ? board_.counters.readers_killed
                                      : board_.counters.relays_killed);
}

void Round::stop_or_continue() {
  if (members_.empty()) return;
  Member& member = members_[random_.below(members_.size())];
  if (member.stopped) {
    ::kill(member.pid, SIGCONT);
    board_.stopped.fetch_sub(1);
  } else {
    board_.stopped.fetch_add(1);
    ::kill(member.pid, SIGSTOP);
    add(board_.counters.stops);
  }
  member.stopped = !member.stopped;
}

void Round::reap() {
  for (std::size_t i = 0; i < members_.size();) {
    int status = 0;
    if (waitpid(members_[i].pid, &status, WNOHANG) != members_[i].pid) {
      ++i;
      continue;
    }
    if (status != 0) complain(board_, "process %d ended with status %#x", members_[i].pid, status);
    if (members_[i].stopped) board_.stopped.fetch_sub(1);
    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void Round::wait_for(bool (*wanted)(const Role&)) {
  const Deadline deadline = Deadline::after_ms(kHangMs);
  const auto left = [&] {
    for (const Member& member : members_) {
      if (wanted(member.role)) return true;
    }
    return false;
  };
  for (reap(); left() && !deadline.passed(); reap()) usleep(500);
  for (std::size_t i = 0; i < members_.size();) {
    const Member& member = members_[i];
    if (!wanted(member.role)) {
      ++i;
      continue;
    }
    complain(board_, "process %d (reads %s, writes %s) hangs in phase %u", member.pid,
             member.role.input ? member.role.input->name.c_str() : "nothing",
             member.role.output ? member.role.output->name.c_str() : "nothing",
             static_cast<unsigned>(board_.phase.load()));
    print_where(member.pid);
    ::kill(member.pid, SIGKILL);
    waitpid(member.pid, nullptr, 0);
    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

/// Writers prove that nothing is held only when the last reader of their arena has left.
void Round::wait_for_relays() {
  const auto relays = [&] {
    reap();
    std::uint32_t count = 0;
    for (const Member& member : members_) count += member.role.input && member.role.output ? 1 : 0;
    return count;
  };
  const Deadline deadline = Deadline::after_ms(kHangMs);
  while (board_.relays_gone.load() < relays() && !deadline.passed()) usleep(500);
  if (deadline.passed()) complain(board_, "a relay does not leave its input");
}

void Round::end() {
  for (Member& member : members_) {
    if (member.stopped) {
      ::kill(member.pid, SIGCONT);
      board_.stopped.fetch_sub(1);
    }
    member.stopped = false;
  }
  if (plan_.drain) {
    board_.phase = Phase::drain;
    wait_for(any);
  } else {
    board_.relays_gone = 0;
    board_.phase = Phase::leave;
    wait_for(reads_only);
    wait_for_relays();
    board_.phase = Phase::settle;
    wait_for(any);
  }
  take_over_all();
}

/// Whatever became of an arena, its name can be had again, and the next who leaves it cleans up.
void Round::take_over_all() {
  board_.phase = Phase::settle;
  for (const ArenaPlan& arena : plan_.arenas) start({nullptr, &arena});
  wait_for(any);
}

void Round::look_at_directory() {
  std::string left;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(kSharedMemoryDirectory), closedir);
  while (const dirent* entry = directory ? readdir(directory.get()) : nullptr) {
    const std::string file = entry->d_name;
    if (file[0] == '.') continue;
    bool ours = own_directory_;
    for (const ArenaPlan& arena : plan_.arenas) ours = ours || file == "qads-arena." + arena.name;
    if (!ours) continue;
    add(board_.counters.files_left);
    left += " " + file;
  }
  if (!left.empty()) complain(board_, "left in shared memory:%s", left.c_str());
}

}  // namespace qads::soak
