// Functions on arenas by name: list, inspect, unlink; and the verifier for tests and tools.
#pragma once

#include <napi.h>

namespace qads::addon {

void add_arena_functions(Napi::Env env, Napi::Object exports);

}  // namespace qads::addon
