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
    number_.emplace(AddonData::of(env).bells, this);
    info.This().As<Napi::Object>().Set("fd", Napi::Number::New(env, fd));
    info.This().As<Napi::Object>().Set("number", Napi::Number::New(env, number_->value()));
  });
}

std::uint64_t BellObject::id_of(Napi::Env env, const Napi::Value& value) {
  const BellObject& object = AddonData::of(env).bells->at(env, value);
  if (!object.bell_) throw to_js(env, Error(Errc::closed, "this bell is closed"));
  return object.bell_->id();
}

Napi::Value BellObject::close(const Napi::CallbackInfo& info) {
  bell_.reset();
  return info.Env().Undefined();
}

}  // namespace qads::addon
