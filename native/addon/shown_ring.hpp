// The parts of a writer's ring that JavaScript sees, as ArrayBuffers.
#pragma once

#include <napi.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/ring/writer.hpp"
#include "errors.hpp"

namespace qads::addon {

/// Owns no ArrayBuffer: the program does, and the memory behind each stays mapped until its finalizer has run
/// or it was detached here. The finalizers may run in any thread, where the runtime does that (Deno).
class ShownRing {
 public:
  Napi::Value show(Napi::Env env, const std::shared_ptr<RingWriter>& writer, std::uint64_t offset,
                   std::uint64_t length) {
    auto keeper = std::make_shared<Keeper>(writer);
    auto box = std::make_unique<std::shared_ptr<Keeper>>(keeper);
    napi_value buffer = nullptr;
    const napi_status status = napi_create_external_arraybuffer(
        env, writer->ring() + offset, length,
        [](napi_env, void*, void* hint) {
          const std::unique_ptr<std::shared_ptr<Keeper>> owned(static_cast<std::shared_ptr<Keeper>*>(hint));
          (*owned)->drop();
        },
        box.get(), &buffer);
    // When Node refuses for any other reason, it has run the finalizer or will.
    if (status != napi_no_external_buffers_allowed) [[maybe_unused]]
      auto* owned_by_finalizer = box.release();
    if (status != napi_ok) throw Napi::Error::New(env);
    napi_ref weak = nullptr;
    if (napi_create_reference(env, buffer, 0, &weak) != napi_ok) throw Napi::Error::New(env);
    forget_finalized(env);
    shown_.push_back({weak, std::move(keeper)});
    return Napi::Value(env, buffer);
  }

  /// Detaches what is shown, and unmaps nothing. False if the program has transferred some of it to where it
  /// cannot be detached: then that part keeps the writer until it is garbage.
  bool detach_all(Napi::Env env) noexcept {
    bool all = true;
    for (const Shown& shown : shown_) {
      if (detach(env, shown.weak)) {
        shown.keeper->drop();
      } else if (!shown.keeper->dropped()) {
        all = false;
      }
      napi_delete_reference(env, shown.weak);
    }
    shown_.clear();
    return all;
  }

 private:
  class Keeper {
   public:
    explicit Keeper(std::shared_ptr<RingWriter> writer) : writer_(std::move(writer)) {}
    void drop() noexcept {
      std::shared_ptr<RingWriter> last;  // goes after the lock
      const std::lock_guard<std::mutex> lock(mutex_);
      last.swap(writer_);
    }
    bool dropped() noexcept {
      const std::lock_guard<std::mutex> lock(mutex_);
      return writer_ == nullptr;
    }

   private:
    std::mutex mutex_;
    std::shared_ptr<RingWriter> writer_;
  };
  struct Shown {
    napi_ref weak;  // a strong one would hold whatever the program can reach from the ArrayBuffer: its writer
    std::shared_ptr<Keeper> keeper;
  };

  static bool detach(napi_env env, napi_ref weak) noexcept {
    napi_value buffer = nullptr;
    bool detached = true;
    return napi_get_reference_value(env, weak, &buffer) == napi_ok && buffer != nullptr &&
           napi_is_detached_arraybuffer(env, buffer, &detached) == napi_ok && !detached &&
           napi_detach_arraybuffer(env, buffer) == napi_ok;
  }
  void forget_finalized(napi_env env) {
    const auto finalized = [&](const Shown& shown) {
      if (!shown.keeper->dropped()) return false;
      napi_delete_reference(env, shown.weak);
      return true;
    };
    shown_.erase(std::remove_if(shown_.begin(), shown_.end(), finalized), shown_.end());
  }

  std::vector<Shown> shown_;
};

}  // namespace qads::addon
