// What each environment (main thread or worker) has of its own: the addon is context-aware.
#pragma once

#include <napi.h>

#include <memory>

#include "numbered.hpp"

namespace qads::addon {

class BellObject;
class ReaderObject;
class WriterObject;

struct AddonData {
  Napi::FunctionReference writer;
  Napi::FunctionReference reader;
  Napi::FunctionReference bell;
  std::shared_ptr<Numbered<WriterObject>> writers = std::make_shared<Numbered<WriterObject>>();
  std::shared_ptr<Numbered<ReaderObject>> readers = std::make_shared<Numbered<ReaderObject>>();
  std::shared_ptr<Numbered<BellObject>> bells = std::make_shared<Numbered<BellObject>>();

  static AddonData& of(Napi::Env env) { return *env.GetInstanceData<AddonData>(); }
};

}  // namespace qads::addon
