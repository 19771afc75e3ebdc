// A doorbell as a JavaScript object.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>

#include "core/wake/bell.hpp"
#include "numbered.hpp"

namespace qads::addon {

class BellObject : public Napi::ObjectWrap<BellObject> {
 public:
  static Napi::Function constructor(Napi::Env env);
  explicit BellObject(const Napi::CallbackInfo& info);

  /// Identity of the open bell whose number `value` is.
  static std::uint64_t id_of(Napi::Env env, const Napi::Value& value);

 private:
  Napi::Value close(const Napi::CallbackInfo& info);

  std::unique_ptr<Bell> bell_;
  std::optional<NumberOf<BellObject>> number_;
};

}  // namespace qads::addon
