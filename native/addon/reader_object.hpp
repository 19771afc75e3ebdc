// A RingReader as a JavaScript object. All methods run on the thread of the environment that made it.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <vector>

#include "core/ring/reader.hpp"
#include "env_cleanup.hpp"
#include "held_leases.hpp"
#include "ipc/verify.hpp"
#include "numbered.hpp"

namespace qads::addon {

class ReaderObject : public Napi::ObjectWrap<ReaderObject> {
 public:
  static Napi::Function constructor(Napi::Env env);
  /// The calls of every batch; their first argument is the number of a reader.
  static void add_calls(Napi::Env env, Napi::Object exports);
  explicit ReaderObject(const Napi::CallbackInfo& info);
  ~ReaderObject() override;

 private:
  Napi::Value bind(const Napi::CallbackInfo& info);
  Napi::Value lease(const Napi::CallbackInfo& info);
  Napi::Value copy_lease(const Napi::CallbackInfo& info);
  Napi::Value release(const Napi::CallbackInfo& info);
  Napi::Value messages(const Napi::CallbackInfo& info);
  Napi::Value watch(const Napi::CallbackInfo& info);
  Napi::Value look(const Napi::CallbackInfo& info);
  Napi::Value lag(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  Napi::Value stats(const Napi::CallbackInfo& info);

  static Napi::Value try_acquire(const Napi::CallbackInfo& info);
  static Napi::Value acquire_sync(const Napi::CallbackInfo& info);
  static Napi::Value arm(const Napi::CallbackInfo& info);
  static Napi::Value disarm(const Napi::CallbackInfo& info);

  /// Where a small batch goes; for one call.
  struct Slab {
    std::uint8_t* bytes;
    std::size_t length;
    std::uint64_t used;
  };

  static ReaderObject& of(const Napi::CallbackInfo& info);
  RingReader& open(Napi::Env env) const;
  template <typename Peek>
  Napi::Value acquire(const Napi::CallbackInfo& info, Peek&& peek);
  int deliver(PeekStatus status, const BatchView& batch, Slab slab);
  bool verified(const std::uint8_t* bytes, const BatchView& batch);
  void describe(const BatchView& batch) noexcept;
  void drop_unclaimed() noexcept;

  // Shared with the cleanup hook, which may run when this object's finalizer has not. Null when closed.
  std::shared_ptr<RingReader> reader_;
  std::shared_ptr<HeldLeases> leases_;
  SlotVerifier verifier_;
  std::vector<double> words_;
  bool described_ = false;       // `words_` are those of a batch that was verified
  std::uint64_t unclaimed_ = 0;  // leased for a lease() call that has not come
  Napi::Reference<Napi::Float64Array> info_;
  Napi::Reference<Napi::Float64Array> layout_;
  double* info_words_ = nullptr;
  double* layout_words_ = nullptr;
  std::size_t layout_length_ = 0;
  std::optional<EnvCleanup> cleanup_;
  std::optional<NumberOf<ReaderObject>> number_;
};

}  // namespace qads::addon
