#include "writer_object.hpp"

#include <algorithm>
#include <utility>

#include "addon_data.hpp"
#include "arguments.hpp"
#include "bell_object.hpp"
#include "core/base/stream_copy.hpp"

namespace qads::addon {
namespace {

constexpr double kWouldBlock = -1;
constexpr double kDropped = -2;

WriterOptions options_of(Napi::Env env, const Napi::Value& value) {
  const Napi::Object object = object_of(env, value, "the options");
  WriterOptions options;
  options.arena.capacity = count_of(env, object.Get("capacity"), "capacity");
  options.arena.slots = small_count_of(env, object.Get("slots"), "slots");
  options.arena.max_readers = small_count_of(env, object.Get("maxReaders"), "maxReaders");
  options.arena.on_full = static_cast<OnFull>(small_count_of(env, object.Get("onFull"), "onFull"));
  options.arena.mode = small_count_of(env, object.Get("mode"), "mode");
  options.arena.one_schema = object.Get("oneSchema").ToBoolean();
  options.spin_micros = small_count_of(env, object.Get("spinMicros"), "spinMicros");
  return options;
}

std::size_t element_size(napi_typedarray_type type) noexcept {
  switch (type) {
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
    default:
      return 1;
  }
}

}  // namespace

Napi::Function WriterObject::constructor(Napi::Env env) {
  return DefineClass(
      env, "NativeWriter",
      {InstanceMethod<&WriterObject::ring>("ring"), InstanceMethod<&WriterObject::abort_claim>("abortClaim"),
       InstanceMethod<&WriterObject::arm_drained>("armDrained"),
       InstanceMethod<&WriterObject::arm_reader>("armReader"), InstanceMethod<&WriterObject::end>("end"),
       InstanceMethod<&WriterObject::abort>("abort"),
       InstanceMethod<&WriterObject::accept_loss>("acceptLoss"),
       InstanceMethod<&WriterObject::close>("close"), InstanceMethod<&WriterObject::drop>("drop"),
       InstanceMethod<&WriterObject::stats>("stats")});
}

void WriterObject::add_calls(Napi::Env env, Napi::Object exports) {
  exports.Set("tryClaim", Napi::Function::New<try_claim>(env, "tryClaim"));
  exports.Set("claimSync", Napi::Function::New<claim_sync>(env, "claimSync"));
  exports.Set("copy", Napi::Function::New<copy>(env, "copy"));
  exports.Set("commit", Napi::Function::New<commit>(env, "commit"));
  exports.Set("armSpace", Napi::Function::New<arm_space>(env, "armSpace"));
  exports.Set("disarmWriter", Napi::Function::New<disarm>(env, "disarmWriter"));
}

WriterObject& WriterObject::of(const Napi::CallbackInfo& info) {
  return AddonData::of(info.Env()).writers->at(info.Env(), info[0]);
}

WriterObject::WriterObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<WriterObject>(info) {
  const Napi::Env env = info.Env();
  const std::string name = string_of(env, info[0], "the name");
  const WriterOptions options = options_of(env, info[1]);
  guarded(env, [&] { writer_ = RingWriter::create(name, options); });
  // An environment that ends without close() is a writer that died: nobody said that the stream was complete.
  cleanup_.emplace(env, [writer = writer_] { writer->abandon(); });
  const Napi::Object self = info.This().As<Napi::Object>();
  const SharedMemoryHeader& header = writer_->header();
  self.Set("name", Napi::String::New(env, name));
  self.Set("generation", Napi::Number::New(env, static_cast<double>(header.generation)));
  self.Set("capacity", Napi::Number::New(env, static_cast<double>(header.ring_capacity)));
  self.Set("leaseThreshold", Napi::Number::New(env, header.lease_threshold));
  number_.emplace(AddonData::of(env).writers, this);
  self.Set("number", Napi::Number::New(env, number_->value()));
}

WriterObject::~WriterObject() {
  if (!writer_) return;
  writer_->abandon();
  hide_ring(Env());
}

RingWriter& WriterObject::open(Napi::Env env) const {
  if (!writer_) throw to_js(env, Error(Errc::closed, "this writer is closed"));
  return *writer_;
}

Napi::Value WriterObject::ring(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::uint64_t span = 2 * open(env).header().ring_capacity;
  const std::uint64_t offset = count_of(env, info[0], "the offset");
  const std::uint64_t length = count_of(env, info[1], "the length");
  if (length == 0 || offset > span || length > span - offset) {
    throw to_js(env, Error(Errc::invalid_argument, "ring() shows bytes of the ring"));
  }
  return shown_.show(env, writer_, offset, length);
}

/// Views of the ring that outlive the writer must not write into what readers still look at.
void WriterObject::hide_ring(Napi::Env env) noexcept {
  const Napi::HandleScope scope(env);
  if (!shown_.detach_all(env)) writer_->withdraw_ring();
}

Napi::Value WriterObject::claimed(Napi::Env env, const Claim& claim) {
  claim_ = claim;
  switch (claim.status) {
    case ClaimStatus::claimed:
      return Napi::Number::New(env, static_cast<double>(claim.offset));
    case ClaimStatus::dropped:
      return Napi::Number::New(env, kDropped);
    case ClaimStatus::would_block:
      break;
  }
  return Napi::Number::New(env, kWouldBlock);
}

Napi::Value WriterObject::try_claim(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  WriterObject& self = of(info);
  const std::uint64_t bytes = count_of(env, info[1], "bytes");
  return guarded(env, [&] { return self.claimed(env, self.open(env).try_claim(bytes)); });
}

Napi::Value WriterObject::claim_sync(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  WriterObject& self = of(info);
  const std::uint64_t bytes = count_of(env, info[1], "bytes");
  const Deadline deadline = deadline_of(env, info[2]);
  return guarded(env, [&] { return self.claimed(env, self.open(env).claim(bytes, deadline)); });
}

Napi::Value WriterObject::copy(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Claim& claim = of(info).claim_;
  for (std::size_t i = 1; i < info.Length(); i += 2) {
    const std::uint64_t offset = count_of(env, info[i], "the offset");
    void* bytes = nullptr;
    std::size_t elements = 0;
    napi_typedarray_type type = napi_uint8_array;
    if (napi_get_typedarray_info(env, info[i + 1], &type, &elements, &bytes, nullptr, nullptr) != napi_ok) {
      throw to_js(env, Error(Errc::invalid_argument, "copy takes offsets, each with a typed array"));
    }
    const std::size_t length = elements * element_size(type);
    if (claim.data == nullptr || offset < claim.offset || length > claim.length ||
        offset - claim.offset > claim.length - length) {
      throw to_js(env, Error(Errc::invalid_argument, "copy goes into the claim"));
    }
    stream_copy(claim.data + (offset - claim.offset), bytes, length);
  }
  return env.Undefined();
}

Napi::Value WriterObject::commit(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  WriterObject& self = of(info);
  const std::uint64_t bytes = count_of(env, info[1], "bytes");
  const std::uint64_t rows = count_of(env, info[2], "rows");
  return guarded(env, [&] {
    // More bytes than were claimed are refused below, and not looked at here.
    // A slot without a schema is committed all the same: readers refuse it, with the reason.
    const Claim claim = std::exchange(self.claim_, {});
    const std::uint64_t fingerprint =
        claim.data == nullptr ? 0 : self.fingerprints_.of(claim.data, std::min(bytes, claim.length));
    return Napi::Number::New(env, static_cast<double>(self.open(env).commit(bytes, rows, fingerprint)));
  });
}

Napi::Value WriterObject::abort_claim(const Napi::CallbackInfo& info) {
  claim_ = {};
  if (writer_) writer_->abort_claim();
  return info.Env().Undefined();
}

Napi::Value WriterObject::arm_space(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  WriterObject& self = of(info);
  const std::uint64_t bell = BellObject::id_of(env, info[1]);
  return guarded(env, [&] { return Napi::Boolean::New(env, self.open(env).arm_space(WakeBy::bell, bell)); });
}

Napi::Value WriterObject::arm_drained(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::uint64_t bell = BellObject::id_of(env, info[0]);
  const bool need_reader = info[1].ToBoolean();
  return guarded(
      env, [&] { return Napi::Boolean::New(env, open(env).arm_drained(WakeBy::bell, bell, need_reader)); });
}

Napi::Value WriterObject::arm_reader(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::uint64_t bell = BellObject::id_of(env, info[0]);
  return guarded(env, [&] { return Napi::Boolean::New(env, open(env).arm_reader(WakeBy::bell, bell)); });
}

Napi::Value WriterObject::disarm(const Napi::CallbackInfo& info) {
  WriterObject& self = of(info);
  if (self.writer_) self.writer_->disarm();
  return info.Env().Undefined();
}

Napi::Value WriterObject::end(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { open(info.Env()).end(); });
  return info.Env().Undefined();
}

Napi::Value WriterObject::abort(const Napi::CallbackInfo& info) {
  const std::string reason = string_of(info.Env(), info[0], "the reason");
  guarded(info.Env(), [&] { open(info.Env()).abort(reason); });
  return info.Env().Undefined();
}

Napi::Value WriterObject::accept_loss(const Napi::CallbackInfo& info) {
  writer_->accept_loss();
  return info.Env().Undefined();
}

Napi::Value WriterObject::drop(const Napi::CallbackInfo& info) {
  writer_->drop();
  return close(info);
}

Napi::Value WriterObject::close(const Napi::CallbackInfo& info) {
  if (writer_) {
    writer_->close();
    hide_ring(info.Env());
    claim_ = {};
    cleanup_.reset();
    writer_.reset();  // the segment and its mappings go with it
  }
  return info.Env().Undefined();
}

Napi::Value WriterObject::stats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const WriterStats stats = guarded(env, [&] { return open(env).stats(); });
  Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char* key, double value) { object.Set(key, Napi::Number::New(env, value)); };
  set("batches", static_cast<double>(stats.batches));
  set("bytes", static_cast<double>(stats.bytes));
  set("droppedNewest", static_cast<double>(stats.dropped_newest));
  set("droppedOldest", static_cast<double>(stats.dropped_oldest));
  set("waits", static_cast<double>(stats.waits));
  set("waitMs", static_cast<double>(stats.wait_ns) / 1e6);
  set("reapedReaders", static_cast<double>(stats.reaped));
  set("evictions", static_cast<double>(stats.evictions));
  set("readers", static_cast<double>(stats.readers));
  set("joins", static_cast<double>(stats.joins));
  set("unread", static_cast<double>(stats.unread));
  set("inRing", static_cast<double>(stats.in_ring));
  return object;
}

}  // namespace qads::addon
