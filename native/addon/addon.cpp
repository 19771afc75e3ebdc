// The module: what src/native/addon.ts declares.
#include <napi.h>

#include "addon_data.hpp"
#include "arena_functions.hpp"
#include "bell_object.hpp"
#include "reader_object.hpp"
#include "writer_object.hpp"

namespace qads::addon {
namespace {

Napi::Value create_writer(const Napi::CallbackInfo& info) {
  return AddonData::of(info.Env()).writer.New({info[0], info[1]});
}

Napi::Value attach_reader(const Napi::CallbackInfo& info) {
  return AddonData::of(info.Env()).reader.New({info[0], info[1]});
}

Napi::Value create_bell(const Napi::CallbackInfo& info) { return AddonData::of(info.Env()).bell.New({}); }

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* data = new AddonData;
  data->writer = Napi::Persistent(WriterObject::constructor(env));
  data->reader = Napi::Persistent(ReaderObject::constructor(env));
  data->bell = Napi::Persistent(BellObject::constructor(env));
  env.SetInstanceData(data);
  exports.Set("createWriter", Napi::Function::New<create_writer>(env, "createWriter"));
  exports.Set("attachReader", Napi::Function::New<attach_reader>(env, "attachReader"));
  exports.Set("createBell", Napi::Function::New<create_bell>(env, "createBell"));
  WriterObject::add_calls(env, exports);
  ReaderObject::add_calls(env, exports);
  add_arena_functions(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(qadataswap, init)

}  // namespace qads::addon
