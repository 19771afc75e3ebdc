// Checked arguments: TypeScript validates first, so a failure here is a bug in the caller, and still no
// crash.
#pragma once

#include <napi.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "errors.hpp"

namespace qads::addon {

inline double number_of(Napi::Env env, const Napi::Value& value, const char* what) {
  double number = 0;
  if (napi_get_value_double(env, value, &number) != napi_ok) {
    throw to_js(env, Error(Errc::invalid_argument, std::string(what) + " must be a number"));
  }
  return number;
}

inline std::uint64_t count_of(Napi::Env env, const Napi::Value& value, const char* what) {
  const double number = number_of(env, value, what);
  if (!(number >= 0) || number > 9007199254740991.0 || number != std::floor(number)) {
    throw to_js(env,
                Error(Errc::invalid_argument, std::string(what) + " must be an integer from 0 to 2^53 - 1"));
  }
  return static_cast<std::uint64_t>(number);
}

inline std::uint32_t small_count_of(Napi::Env env, const Napi::Value& value, const char* what) {
  const std::uint64_t number = count_of(env, value, what);
  if (number > std::numeric_limits<std::uint32_t>::max()) {
    throw to_js(env, Error(Errc::invalid_argument, std::string(what) + " is too large"));
  }
  return static_cast<std::uint32_t>(number);
}

inline std::string string_of(Napi::Env env, const Napi::Value& value, const char* what) {
  if (!value.IsString()) {
    throw to_js(env, Error(Errc::invalid_argument, std::string(what) + " must be a string"));
  }
  return value.As<Napi::String>().Utf8Value();
}

inline Napi::Object object_of(Napi::Env env, const Napi::Value& value, const char* what) {
  if (!value.IsObject()) {
    throw to_js(env, Error(Errc::invalid_argument, std::string(what) + " must be an object"));
  }
  return value.As<Napi::Object>();
}

/// A negative or non-finite number waits for ever.
inline Deadline deadline_of(Napi::Env env, const Napi::Value& value) {
  const double ms = number_of(env, value, "the time-out");
  return ms >= 0 && ms < 1e12 ? Deadline::after_ms(static_cast<std::int64_t>(std::ceil(ms)))
                              : Deadline::never();
}

}  // namespace qads::addon
