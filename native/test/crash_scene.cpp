#include "crash_scene.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

namespace qads::test {

Victim::Victim(Death death, const std::function<void(Diary&)>& body)
    : death_(death), child_([this, &body] {
        set_sync_hook([this](SyncPoint at) {
          const std::uint32_t hit = ++diary_->hits[static_cast<std::size_t>(at)];
          if (at == death_.point && hit == death_.occurrence) ::kill(getpid(), SIGKILL);
        });
        body(*diary_);
        set_sync_hook({});
      }) {}

bool Victim::is_dead() const {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(child_.pid()), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == child_.pid();
}

bool Victim::reaches(int step) {
  bool there = false;
  REQUIRE(eventually([&] {
    there = diary_->at.load() >= step;
    return there || is_dead();
  }));
  return there;
}

bool Victim::died() {
  const int status = child_.wait();
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return true;
  CHECK_EQ(status, 0);
  return false;
}

void pause_at(Diary& diary, int step) {
  diary.at.store(step);
  REQUIRE(eventually([&] { return diary.released.load() >= step; }));
}

std::array<std::uint32_t, kSyncPoints> hits_of(const Diary& diary) {
  std::array<std::uint32_t, kSyncPoints> hits{};
  for (std::size_t i = 0; i < kSyncPoints; ++i) hits[i] = diary.hits[i].load();
  return hits;
}

Survivor::Survivor(const std::string& name, bool may_lose)
    : reader_(RingReader::attach(name, {})),
      may_lose_(may_lose),
      expected_(reader_->stats().cursor),
      started_at_(expected_) {}

Survivor::~Survivor() {
  if (thread_.joinable()) thread_.join();
  release_all();
}

void Survivor::check(const BatchView& batch) {
  if (batch.lost_count > 0) {
    CHECK(may_lose_);
    CHECK_EQ(batch.lost_first, expected_);
    expected_ += batch.lost_count;
  }
  CHECK_EQ(batch.sequence, expected_);
  CHECK(is_filled(batch.data, batch.length, batch.sequence));
  expected_ = batch.sequence + 1;
}

void Survivor::read_all(bool keep) {
  BatchView batch;
  if (thread_.joinable()) return;
  while (code_of([&] {
           if (reader_->peek(batch) != PeekStatus::ready) batch.data = nullptr;
         }) == Errc::ok &&
         batch.data != nullptr) {
    check(batch);
    if (keep) {
      kept_.push_back(reader_->take());
    } else {
      reader_->advance();
    }
  }
}

Errc Survivor::run_to_end() {
  for (;;) {
    BatchView batch;
    PeekStatus status = PeekStatus::empty;
    const Errc error = code_of([&] { status = reader_->wait_peek(batch, soon()); });
    if (error != Errc::ok || status != PeekStatus::ready) {
      // What was lost after the last batch is told by the end, or counted where an error takes its place.
      if (status == PeekStatus::ended) expected_ += batch.lost_count;
      if (error != Errc::ok) expected_ = reader_->stats().cursor;
      CHECK(status != PeekStatus::empty || error != Errc::ok);
      return error;
    }
    check(batch);
    reader_->advance();
  }
}

void Survivor::read_in_background() {
  thread_ = std::thread([this] { end_ = run_to_end(); });
}

Errc Survivor::read_to_end() {
  if (!thread_.joinable()) return run_to_end();
  thread_.join();
  return end_;
}

void Survivor::release_all() {
  for (Lease* lease : kept_) {
    check_lease(lease);
    LeaseTable::release(lease);
  }
  kept_.clear();
}

void check_name_is_reusable(const std::string& name) {
  auto writer = RingWriter::create(name, ring_of(kRingBytes, 16));
  Survivor reader(name, false);
  for (int i = 0; i < 7; ++i) {
    write(*writer, kBatchBytes);
    reader.read_all();
  }
  CHECK_EQ(reader.expected(), 7u);
  writer->close();
  CHECK(reader.read_to_end() == Errc::ok);
}

}  // namespace qads::test
