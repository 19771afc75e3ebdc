#include "member.hpp"

#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "sink.hpp"
#include "source.hpp"

namespace qads::soak {
namespace {

class Member {
 public:
  Member(Board& board, const Role& role, std::uint64_t random_seed) : board_(board), random_(random_seed) {
    if (role.input != nullptr) input_ = std::make_unique<Sink>(board, *role.input, random_);
    if (role.output != nullptr) output_ = std::make_unique<Source>(board, *role.output, random_);
    const ArenaPlan& plan = role.input != nullptr ? *role.input : *role.output;
    life_ = plan.life;
    pause_micros_ = plan.pause_micros;
    draw_lives();
  }

  void run() {
    while (phase() == Phase::run) {
      if (!step()) return;
    }
    if (phase() == Phase::drain) {
      drain();
    } else {
      leave_then_settle();
    }
    if (input_) {
      input_->leave();
      input_->release_all();
      if (!output_) input_->look_for_leaks();
    }
  }

 private:
  Phase phase() const { return board_.phase.load(); }

  void draw_lives() {
    reads_left_ = random_.between(1, life_);
    writes_left_ = random_.between(1, life_);
  }

  void rest() {
    if (pause_micros_ > 0 && random_.chance(20))
      usleep(static_cast<useconds_t>(random_.below(pause_micros_)));
  }

  /// False when the process is to exit as it is, with everything open.
  bool step() {
    if (output_ && !output_->has_arena() && !output_->create()) {
      usleep(10'000);
      return true;
    }
    if (input_ && !input_->is_attached() && !input_->attach()) {
      usleep(static_cast<useconds_t>(random_.between(100, 3000)));
      return true;
    }
    if (input_) {
      const Sink::Read read = input_->read();
      if (read == Sink::Read::over) usleep(static_cast<useconds_t>(random_.between(100, 3000)));
      if (read != Sink::Read::batch) return true;
    }
    if (output_) {
      Source::Wrote wrote;
      do {
        wrote = output_->write();
      } while (wrote == Source::Wrote::blocked && phase() == Phase::run);
      // Nobody gains by a writer that is refused as fast as it can ask.
      if (wrote == Source::Wrote::nothing) usleep(static_cast<useconds_t>(random_.below(500)));
    }
    rest();
    return end_of_life();
  }

  bool end_of_life() {
    if (input_ && --reads_left_ == 0) {
      reads_left_ = random_.between(1, life_);
      if (random_.chance(10)) return exits_without_close();
      // Held batches outlive their reader, or not.
      if (random_.chance(30)) input_->release_some();
      if (random_.chance(30)) input_->release_all();
      input_->leave();
    }
    if (output_ && --writes_left_ == 0) {
      writes_left_ = random_.between(1, life_);
      if (random_.chance(10)) return exits_without_close();
      output_->finish(random_.chance(40)   ? Ending::ended
                      : random_.chance(50) ? Ending::aborted
                                           : Ending::abandoned);
    }
    return true;
  }

  bool exits_without_close() {
    add(board_.counters.exits_without_close);
    std::exit(0);
  }

  void drain() {
    while (input_ && input_->is_attached()) {
      if (random_.chance(10)) input_->release_all();
      if (input_->read() != Sink::Read::batch || !output_ || !output_->has_arena()) continue;
      // With nobody left to read, a full ring stays full.
      while (output_->write() == Source::Wrote::blocked && output_->has_readers()) {
      }
    }
    if (output_ && output_->has_arena()) output_->finish(Ending::ended);
  }

  void leave_then_settle() {
    if (input_) {
      if (random_.chance(50)) input_->release_all();
      input_->leave();
    }
    if (!output_) return;
    if (input_) board_.relays_gone.fetch_add(1);
    while (phase() == Phase::leave) {
      if (!output_->has_arena() || output_->write() != Source::Wrote::batch) usleep(1000);
    }
    // A process that was started in this phase is the first after all others of the arena.
    if (output_->has_arena() || output_->create()) output_->settle();
  }

  Board& board_;
  Random random_;
  std::unique_ptr<Sink> input_;
  std::unique_ptr<Source> output_;
  std::uint64_t life_ = 1;
  std::uint64_t pause_micros_ = 0;
  std::uint64_t reads_left_ = 1;
  std::uint64_t writes_left_ = 1;
};

}  // namespace

void run_member(Board& board, const Role& role, std::uint64_t random_seed) {
  // A process that exits with everything open runs no destructor; a leak checker finds all from here.
  static Member* member = nullptr;
  member = new Member(board, role, random_seed);
  member->run();
  delete member;
  member = nullptr;
}

}  // namespace qads::soak
