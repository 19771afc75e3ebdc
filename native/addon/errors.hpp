// Errors of the core as JavaScript errors: the same code, the same message.
#pragma once

#include <napi.h>

#include <new>
#include <utility>

#include "core/base/error.hpp"

namespace qads::addon {

inline Napi::Error to_js(Napi::Env env, const Error& error) {
  Napi::Error js = Napi::Error::New(env, error.what());
  js.Set("code", Napi::String::New(env, error_code_name(error.code())));
  return js;
}

/// Runs `body`; what the core throws becomes a JavaScript error.
template <typename Body>
auto guarded(Napi::Env env, Body&& body) -> decltype(body()) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    throw to_js(env, error);
  } catch (const std::bad_alloc&) {
    throw to_js(env, Error(Errc::no_space, "out of memory"));
  }
}

}  // namespace qads::addon
