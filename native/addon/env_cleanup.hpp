// Runs a function when the environment goes down, unless the owner went first: worker threads end without
// finalizers having run in any useful order.
#pragma once

#include <node_api.h>

#include <functional>
#include <utility>

namespace qads::addon {

class EnvCleanup {
 public:
  EnvCleanup(napi_env env, std::function<void()> action) : env_(env), action_(std::move(action)) {
    napi_add_env_cleanup_hook(env_, run, this);
  }
  ~EnvCleanup() {
    if (action_) napi_remove_env_cleanup_hook(env_, run, this);
  }
  EnvCleanup(const EnvCleanup&) = delete;
  EnvCleanup& operator=(const EnvCleanup&) = delete;

 private:
  static void run(void* self) {
    auto action = std::exchange(static_cast<EnvCleanup*>(self)->action_, nullptr);
    if (action) action();
  }

  napi_env env_;
  std::function<void()> action_;
};

}  // namespace qads::addon
