#include "bell_object.hpp"

#include <cerrno>

#include "addon_data.hpp"
#include "arguments.hpp"

namespace qads::addon {

Napi::Function BellObject::constructor(Napi::Env env) {
  return DefineClass(env, "NativeBell", {InstanceMethod<&BellObject::close>("close")});
}

BellObject::BellObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<BellObject>(info) {
  const Napi::Env env = info.Env();
  guarded(env, [&] {
    bell_ = std::make_unique<Bell>();
    const int fd = bell_->duplicate_fd();
    if (fd < 0) fail_errno(errno, "duplicating a doorbell", "(any)");
    info.This().As<Napi::Object>().Set("fd", Napi::Number::New(env, fd));
  });
}

std::uint64_t BellObject::id_of(Napi::Env env, const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(AddonData::of(env).bell.Value())) {
    throw to_js(env, Error(Errc::invalid_argument, "a bell must come from createBell()"));
  }
  const BellObject* object = Unwrap(value.As<Napi::Object>());
  if (!object->bell_) throw to_js(env, Error(Errc::closed, "this bell is closed"));
  return object->bell_->id();
}

Napi::Value BellObject::close(const Napi::CallbackInfo& info) {
  bell_.reset();
  return info.Env().Undefined();
}

}  // namespace qads::addon
