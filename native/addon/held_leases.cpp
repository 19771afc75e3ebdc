#include "held_leases.hpp"

namespace qads::addon {
namespace {

// What survives so many collections of the young generation is not in it any more.
constexpr std::uint32_t kYoungLooks = 2;
// Leases that are given back by hand leave their numbers behind; so many are swept at once.
constexpr std::size_t kSwept = 4096;

/// Handles of what is looked at must be gone before the garbage is collected.
class Scope {
 public:
  explicit Scope(napi_env env) : env_(env) { napi_open_handle_scope(env, &scope_); }
  ~Scope() { napi_close_handle_scope(env_, scope_); }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  napi_env env_;
  napi_handle_scope scope_ = nullptr;
};

/// True also when nobody can tell.
bool is_detached(napi_env env, napi_ref buffer) noexcept {
  napi_value value = nullptr;
  bool detached = true;
  return napi_get_reference_value(env, buffer, &value) != napi_ok || value == nullptr ||
         napi_is_detached_arraybuffer(env, value, &detached) != napi_ok || detached;
}

}  // namespace

void HeldLeases::watch(napi_env env, const Shown& shown, napi_value buffer) {
  if (!watching_) return;
  const auto found = held_.find(shown.id);
  if (found == held_.end()) return;
  Held& held = found->second;
  napi_ref strong = nullptr;
  if (napi_create_reference(env, buffer, 1, &strong) != napi_ok) return;
  held.watched.push_back({strong, shown.serial});
  if (held.watched.size() > 1) return;
  if (young_.size() >= kSwept) {
    const auto gone = [this](const Seen& seen) { return held_.count(seen.id) == 0; };
    young_.erase(std::remove_if(young_.begin(), young_.end(), gone), young_.end());
  }
  young_.push_back({shown.id, 0});
}

/// Lets go of what was not transferred.
void HeldLeases::loosen(napi_env env) noexcept {
  for (const Seen& seen : young_) {
    const auto found = held_.find(seen.id);
    if (found == held_.end()) continue;
    const Scope scope(env);
    Held& held = found->second;
    bool transferred = false;
    for (const Watched& watched : held.watched) transferred = transferred || is_detached(env, watched.buffer);
    if (transferred) {
      unwatch(env, held);
      continue;
    }
    std::uint32_t count = 0;
    for (const Watched& watched : held.watched) napi_reference_unref(env, watched.buffer, &count);
  }
}

/// False when the lease is not watched any more.
bool HeldLeases::bury_dead(napi_env env, std::uint64_t id) {
  const auto found = held_.find(id);
  if (found == held_.end()) return false;
  const Scope scope(env);
  std::vector<Watched>& watched = found->second.watched;
  for (std::size_t i = 0; i < watched.size();) {
    napi_value value = nullptr;
    if (napi_get_reference_value(env, watched[i].buffer, &value) == napi_ok && value != nullptr) {
      std::uint32_t count = 0;
      napi_reference_ref(env, watched[i++].buffer, &count);
      continue;
    }
    const std::uint64_t serial = watched[i].serial;
    napi_delete_reference(env, watched[i].buffer);
    watched[i] = watched.back();
    watched.pop_back();
    const bool last = found->second.shown == 1;
    if (!last) buried_.insert(serial);
    end_one(env, found);
    if (last) return false;
  }
  return !watched.empty();
}

std::uint64_t HeldLeases::gather(napi_env env) {
  std::vector<Seen> left;
  std::uint64_t young_bytes = 0;
  for (Seen seen : young_) {
    if (!bury_dead(env, seen.id)) continue;
    const std::uint64_t bytes = find(seen.id)->length;
    if (++seen.looks < kYoungLooks) {
      young_bytes += bytes;
      left.push_back(seen);
    } else {
      old_bytes_ += bytes;
      old_.push_back(seen);
    }
  }
  young_.swap(left);
  return young_bytes + old_bytes_;
}

}  // namespace qads::addon
