// What each environment (main thread or worker) has of its own: the addon is context-aware.
#pragma once

#include <napi.h>

namespace qads::addon {

struct AddonData {
  Napi::FunctionReference writer;
  Napi::FunctionReference reader;
  Napi::FunctionReference bell;

  static AddonData& of(Napi::Env env) { return *env.GetInstanceData<AddonData>(); }
};

}  // namespace qads::addon
