// The leases that JavaScript holds, by number: given back once, by release(), by the finalizers of the
// ArrayBuffers, or when a look finds that these are dead.
#pragma once

#include <node_api.h>

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/lease/table.hpp"

namespace qads::addon {

/// Shared by a reader object and the ArrayBuffers it gave out; all on one thread.
///
/// V8 counts the bytes of an ArrayBuffer as garbage to come and marks its whole heap for every 64 MiB of
/// them, while leases that are given back by release() need no collector at all. So the mapped ring is
/// counted once, when the first lease is shown, and what V8 counts for leases is taken back as long as it is
/// less; leases beyond that are piling up, and V8 is left to know.
///
/// V8 aborts the process if its count goes below zero. It may subtract an ArrayBuffer that it has found dead
/// long before the finalizer says so here; the count of the mapping outweighs all that are under way.
///
/// Finalizers run when the event loop turns. For a program that does not let it, the ArrayBuffers can be
/// watched. That one is dead does not say that its memory is: the program may have transferred that to
/// another. So a watched one is kept alive until somebody looks: then it is seen that nothing was
/// transferred, the garbage is collected, and what is dead then is dead with its memory, because no program
/// ran in between.
class HeldLeases {
 public:
  /// @param mapped Bytes of the ring's mapping.
  HeldLeases(napi_env env, std::uint64_t mapped) : env_(env), mapped_(mapped) {}
  ~HeldLeases() {
    if (mapping_counted_) adjust(env_, -static_cast<std::int64_t>(mapped_));
  }
  HeldLeases(const HeldLeases&) = delete;
  HeldLeases& operator=(const HeldLeases&) = delete;

  std::uint64_t hold(Lease* lease) {
    held_.emplace(++last_, Held{lease, 0, 0, {}});
    return last_;
  }
  const Lease* find(std::uint64_t id) const {
    const auto found = held_.find(id);
    return found == held_.end() ? nullptr : found->second.lease;
  }

  /// What the finalizer of one ArrayBuffer gives to hide().
  struct Shown {
    std::uint64_t id;
    std::uint64_t serial;
    std::uint64_t uncounted;
  };
  /// To be called before an ArrayBuffer over `bytes` of lease `id` is made. Takes back what V8 will count for
  /// it.
  Shown show(napi_env env, std::uint64_t id, std::uint64_t bytes) noexcept {
    Held& held = held_.at(id);
    ++held.shown;
    ++shown_by_held_;
    ++unfinalized_;
    const std::uint64_t serial = ++last_serial_;
    if (bytes > mapped_ - uncounted_) return {id, serial, 0};
    if (!mapping_counted_) adjust(env, static_cast<std::int64_t>(mapped_));
    mapping_counted_ = true;
    held.uncounted += bytes;
    uncounted_ += bytes;
    adjust(env, -static_cast<std::int64_t>(bytes));
    return {id, serial, bytes};
  }
  /// To be called before an ArrayBuffer over `bytes` of the lease is detached, which V8 subtracts: its bound
  /// follows the lowest count that it sees, so the count must not sink.
  void detach(napi_env env, std::uint64_t id, std::uint64_t bytes) noexcept {
    const auto found = held_.find(id);
    if (found != held_.end()) count(env, found->second, bytes);
  }
  /// An ArrayBuffer over the lease is gone. The last one gives the lease back, unless that was done before.
  void hide(napi_env env, const Shown& shown) noexcept {
    --unfinalized_;
    const bool buried = buried_.erase(shown.serial) != 0;
    const auto found = held_.find(shown.id);
    if (found == held_.end()) return;
    if (!found->second.transferred) count(env, found->second, shown.uncounted);
    if (!buried) end_one(env, found);
  }
  /// False if it was given back before.
  bool give_back(napi_env env, std::uint64_t id) noexcept {
    const auto found = held_.find(id);
    if (found == held_.end()) return false;
    give_back(env, found);
    return true;
  }
  /// The program asks for it to be given back, but has transferred some of its memory: that must not show
  /// another batch's bytes, so its finalizer will give the lease back.
  void leave_to_finalizers(napi_env env, std::uint64_t id) noexcept {
    const auto found = held_.find(id);
    if (found == held_.end()) return;
    found->second.transferred = true;
    unwatch(env, found->second);
  }
  std::uint64_t last() const noexcept { return last_; }
  /// ArrayBuffers that were given back and whose finalizers have not run: they take memory too, a little.
  std::uint64_t unfinalized() const noexcept { return unfinalized_ - shown_by_held_; }

  /// Begins to watch the ArrayBuffers that are shown from here on.
  void start_watch() noexcept { watching_ = true; }
  /// The event loop turns: finalizers do the rest.
  void stop_watch(napi_env env) noexcept {
    watching_ = false;
    for (const auto* list : {&young_, &old_}) {
      for (const Seen& seen : *list) {
        const auto found = held_.find(seen.id);
        if (found != held_.end()) unwatch(env, found->second);
      }
    }
    young_.clear();
    old_.clear();
    old_bytes_ = 0;
  }
  /// `buffer` was made for `shown`.
  void watch(napi_env env, const Shown& shown, napi_value buffer);
  /// Gives back what is dead after `collect` has run. Looks at what was shown since the last looks, or with
  /// `all` at everything that is watched. Returns the bytes of what is left.
  template <typename Collect>
  std::uint64_t look(napi_env env, bool all, Collect&& collect) {
    if (all) {
      young_.insert(young_.end(), old_.begin(), old_.end());
      old_.clear();
      old_bytes_ = 0;
    }
    loosen(env);
    collect();
    return gather(env);
  }

 private:
  struct Watched {
    napi_ref buffer;  // strong, except while a look goes on
    std::uint64_t serial;
  };
  struct Held {
    Lease* lease;
    std::uint64_t uncounted;
    std::uint32_t shown;  // ArrayBuffers that are not known to be dead
    std::vector<Watched> watched;
    bool transferred = false;
  };
  using Entry = std::unordered_map<std::uint64_t, Held>::iterator;
  struct Seen {
    std::uint64_t id;
    std::uint32_t looks;
  };

  static void adjust(napi_env env, std::int64_t bytes) noexcept {
    std::int64_t total;
    napi_adjust_external_memory(env, bytes, &total);
  }
  void count(napi_env env, Held& held, std::uint64_t bytes) noexcept {
    const std::uint64_t counted = std::min(bytes, held.uncounted);
    held.uncounted -= counted;
    uncounted_ -= counted;
    if (counted > 0) adjust(env, static_cast<std::int64_t>(counted));
  }
  void end_one(napi_env env, Entry entry) noexcept {
    --shown_by_held_;
    if (--entry->second.shown == 0) give_back(env, entry);
  }
  void give_back(napi_env env, Entry entry) noexcept {
    Held& held = entry->second;
    count(env, held, held.uncounted);
    unwatch(env, held);
    shown_by_held_ -= held.shown;
    Lease* lease = held.lease;
    held_.erase(entry);
    LeaseTable::release(lease);
  }
  static void unwatch(napi_env env, Held& held) noexcept {
    for (const Watched& watched : held.watched) napi_delete_reference(env, watched.buffer);
    held.watched.clear();
  }
  void loosen(napi_env env) noexcept;
  std::uint64_t gather(napi_env env);
  bool bury_dead(napi_env env, std::uint64_t id);

  std::unordered_map<std::uint64_t, Held> held_;
  std::uint64_t last_ = 0;
  const napi_env env_;
  const std::uint64_t mapped_;
  bool mapping_counted_ = false;
  std::uint64_t uncounted_ = 0;  // never more than is mapped
  std::uint64_t last_serial_ = 0;
  std::uint64_t unfinalized_ = 0;
  std::uint64_t shown_by_held_ = 0;
  std::unordered_set<std::uint64_t> buried_;  // serials: known to be dead before their finalizers have run
  bool watching_ = false;
  std::vector<Seen> young_;  // a collection of the young generation may find them
  std::vector<Seen> old_;
  std::uint64_t old_bytes_ = 0;
};

}  // namespace qads::addon
