// A RingWriter as a JavaScript object. All methods run on the thread of the environment that made it.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>

#include "core/ring/writer.hpp"
#include "env_cleanup.hpp"
#include "ipc/verify.hpp"
#include "numbered.hpp"
#include "shown_ring.hpp"

namespace qads::addon {

class WriterObject : public Napi::ObjectWrap<WriterObject> {
 public:
  static Napi::Function constructor(Napi::Env env);
  /// The calls of every batch; their first argument is the number of a writer.
  static void add_calls(Napi::Env env, Napi::Object exports);
  explicit WriterObject(const Napi::CallbackInfo& info);
  ~WriterObject() override;

 private:
  Napi::Value ring(const Napi::CallbackInfo& info);
  Napi::Value abort_claim(const Napi::CallbackInfo& info);
  Napi::Value arm_drained(const Napi::CallbackInfo& info);
  Napi::Value arm_reader(const Napi::CallbackInfo& info);
  Napi::Value end(const Napi::CallbackInfo& info);
  Napi::Value abort(const Napi::CallbackInfo& info);
  Napi::Value accept_loss(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  Napi::Value drop(const Napi::CallbackInfo& info);
  Napi::Value stats(const Napi::CallbackInfo& info);

  static Napi::Value try_claim(const Napi::CallbackInfo& info);
  static Napi::Value claim_sync(const Napi::CallbackInfo& info);
  static Napi::Value copy(const Napi::CallbackInfo& info);
  static Napi::Value commit(const Napi::CallbackInfo& info);
  static Napi::Value arm_space(const Napi::CallbackInfo& info);
  static Napi::Value disarm(const Napi::CallbackInfo& info);

  static WriterObject& of(const Napi::CallbackInfo& info);
  RingWriter& open(Napi::Env env) const;
  Napi::Value claimed(Napi::Env env, const Claim& claim);
  void hide_ring(Napi::Env env) noexcept;

  // Shared with what is shown of the ring, whose finalizers may run after this object's. Null when closed.
  std::shared_ptr<RingWriter> writer_;
  ShownRing shown_;
  Claim claim_;
  SlotFingerprints fingerprints_;
  std::optional<EnvCleanup> cleanup_;
  std::optional<NumberOf<WriterObject>> number_;
};

}  // namespace qads::addon
