#include "arena_functions.hpp"

#include <cinttypes>
#include <cstring>
#include <vector>

#include "arguments.hpp"
#include "core/layout/name.hpp"
#include "core/segment/info.hpp"
#include "core/segment/segment.hpp"
#include "ipc/difference.hpp"
#include "ipc/verify.hpp"

namespace qads::addon {
namespace {

Napi::Number number(Napi::Env env, std::uint64_t value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

const char* reader_state_name(ReaderState state) noexcept {
  switch (state) {
    case ReaderState::joining:
      return "joining";
    case ReaderState::live:
      return "live";
    case ReaderState::leaving:
      return "leaving";
    case ReaderState::free:
      break;
  }
  return "free";
}

Napi::Object to_js(Napi::Env env, const ReaderInfo& info) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("index", number(env, info.index));
  object.Set("pid", number(env, info.pid));
  object.Set("alive", Napi::Boolean::New(env, info.alive));
  object.Set("state", Napi::String::New(env, reader_state_name(info.state)));
  object.Set("cursor", number(env, info.cursor));
  object.Set("lag", number(env, info.lag));
  object.Set("pin", info.pin == kNoPin ? Napi::Number::New(env, -1) : number(env, info.pin));
  object.Set("batches", number(env, info.batches));
  object.Set("bytes", number(env, info.bytes));
  object.Set("bytesCopied", number(env, info.bytes_copied));
  object.Set("lost", number(env, info.lost));
  object.Set("evacuations", number(env, info.evacuations));
  object.Set("privateBytes", number(env, info.private_bytes));
  object.Set("waiting", Napi::Boolean::New(env, info.waiting));
  return object;
}

Napi::Value list_arenas(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::vector<std::string> names = list_arena_names();
  Napi::Array array = Napi::Array::New(env, names.size());
  for (std::uint32_t i = 0; i < names.size(); ++i) array.Set(i, Napi::String::New(env, names[i]));
  return array;
}

Napi::Value inspect(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string name = string_of(env, info[0], "the name");
  const ArenaInfo arena = guarded(env, [&] { return inspect_arena(name); });
  const SharedMemoryHeader& header = arena.header;
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", Napi::String::New(env, arena.name));
  object.Set("generation", number(env, header.generation));
  object.Set("createdMs", Napi::Number::New(env, static_cast<double>(header.created_ns) / 1e6));
  object.Set("totalBytes", number(env, header.total_size));
  object.Set("capacity", number(env, header.ring_capacity));
  object.Set("slots", number(env, header.slot_count));
  object.Set("maxReaders", number(env, header.max_readers));
  object.Set("onFull", number(env, header.on_full));
  object.Set("mode", number(env, header.mode));
  object.Set("oneSchema", Napi::Boolean::New(env, (header.flags & kFlagOneSchema) != 0));
  object.Set("leaseThreshold", number(env, header.lease_threshold));
  object.Set("state", Napi::String::New(env, arena_state_name(arena.state)));
  object.Set("abortReason", arena.state == ArenaState::aborted
                                ? Napi::Value(Napi::String::New(env, arena.abort_reason))
                                : Napi::Value(env.Null()));
  object.Set("writerAlive", Napi::Boolean::New(env, arena.writer_alive));
  object.Set("writerPid", number(env, header.writer_pid));
  object.Set("published", number(env, arena.published));
  object.Set("oldest", number(env, arena.oldest));
  object.Set("batches", number(env, arena.batches));
  object.Set("bytes", number(env, arena.bytes));
  object.Set("droppedNewest", number(env, arena.dropped_newest));
  object.Set("droppedOldest", number(env, arena.dropped_oldest));
  object.Set("reapedReaders", number(env, arena.reaped));
  Napi::Array readers = Napi::Array::New(env, arena.readers.size());
  for (std::uint32_t i = 0; i < arena.readers.size(); ++i) readers.Set(i, to_js(env, arena.readers[i]));
  object.Set("readers", readers);
  return object;
}

Napi::Value unlink(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string name = string_of(env, info[0], "the name");
  return Napi::Boolean::New(env, guarded(env, [&] { return unlink_arena(name); }));
}

Napi::Uint8Array bytes_of(const Napi::Value& value, const char* otherwise) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    throw addon::to_js(value.Env(), Error(Errc::invalid_argument, otherwise));
  return value.As<Napi::Uint8Array>();
}

Napi::Value verify_slot(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto bytes = bytes_of(info[0], "verifySlot takes a Uint8Array");
  std::vector<double> words;
  SlotVerifier verifier;
  const VerifyResult result = verifier.verify(bytes.Data(), bytes.ElementLength(), words);
  if (!result.ok()) {
    throw addon::to_js(env, Error(Errc::corrupt, std::string(result.reason) + " (byte " +
                                                     std::to_string(result.offset) + " of the slot)"));
  }
  Napi::Float64Array layout = Napi::Float64Array::New(env, words.size());
  std::memcpy(layout.Data(), words.data(), words.size() * sizeof(double));
  return layout;
}

Napi::Value refusal_of_schema(const Napi::CallbackInfo& info) {
  const auto bytes = bytes_of(info[0], "schemaRefusal takes a Uint8Array");
  const char* const reason = schema_refusal(bytes.Data(), bytes.ElementLength());
  if (reason == nullptr) return info.Env().Null();
  return Napi::String::New(info.Env(), reason);
}

Napi::Value difference_of_schemas(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto schema = [&](size_t argument) {
    const auto bytes = bytes_of(info[argument], "schemaDifference takes two Uint8Arrays");
    return schema_of_slot(bytes.Data(), bytes.ElementLength());
  };
  return Napi::String::New(env, schema_difference(schema(0), schema(1)));
}

}  // namespace

void add_arena_functions(Napi::Env env, Napi::Object exports) {
  exports.Set("listArenas", Napi::Function::New<list_arenas>(env, "listArenas"));
  exports.Set("inspectArena", Napi::Function::New<inspect>(env, "inspectArena"));
  exports.Set("unlinkArena", Napi::Function::New<unlink>(env, "unlinkArena"));
  exports.Set("schemaDifference", Napi::Function::New<difference_of_schemas>(env, "schemaDifference"));
  exports.Set("schemaRefusal", Napi::Function::New<refusal_of_schema>(env, "schemaRefusal"));
  exports.Set("verifySlot", Napi::Function::New<verify_slot>(env, "verifySlot"));
}

}  // namespace qads::addon
