#include "reader_object.hpp"

#include <cinttypes>
#include <cstring>

#include "addon_data.hpp"
#include "arguments.hpp"
#include "bell_object.hpp"

namespace qads::addon {
namespace {

// As in src/native/addon.ts.
enum Acquired : int {
  kEmpty = 0,
  kCopied = 1,
  kLeased = 2,
  kEnded = 3,
  kNeedSlab = 4,
  kNeedLayout = 5,
  kWanted = 6
};
enum Info : std::size_t {
  kSequence,
  kRows,
  kLength,
  kCommitTimeMs,
  kLostFirst,
  kLostCount,
  kLeaseId,
  kNeeded,
  kFingerprintLow,
  kFingerprintHigh,
  kSchemaId,
  kLayoutId,
  kHoldsWanted,
  kUnfinalized,
  kInfoWords = 16,
};

/// Belongs to one ArrayBuffer.
struct Finalizer {
  std::shared_ptr<HeldLeases> leases;
  HeldLeases::Shown shown;
};

}  // namespace

Napi::Function ReaderObject::constructor(Napi::Env env) {
  return DefineClass(
      env, "NativeReader",
      {InstanceMethod<&ReaderObject::bind>("bind"), InstanceMethod<&ReaderObject::lease>("lease"),
       InstanceMethod<&ReaderObject::copy_lease>("copyLease"),
       InstanceMethod<&ReaderObject::release>("release"), InstanceMethod<&ReaderObject::messages>("messages"),
       InstanceMethod<&ReaderObject::watch>("watch"), InstanceMethod<&ReaderObject::look>("look"),
       InstanceMethod<&ReaderObject::lag>("lag"), InstanceMethod<&ReaderObject::close>("close"),
       InstanceMethod<&ReaderObject::stats>("stats")});
}

void ReaderObject::add_calls(Napi::Env env, Napi::Object exports) {
  exports.Set("tryAcquire", Napi::Function::New<try_acquire>(env, "tryAcquire"));
  exports.Set("acquireSync", Napi::Function::New<acquire_sync>(env, "acquireSync"));
  exports.Set("armBatch", Napi::Function::New<arm>(env, "armBatch"));
  exports.Set("disarmReader", Napi::Function::New<disarm>(env, "disarmReader"));
}

ReaderObject& ReaderObject::of(const Napi::CallbackInfo& info) {
  return AddonData::of(info.Env()).readers->at(info.Env(), info[0]);
}

ReaderObject::ReaderObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ReaderObject>(info) {
  const Napi::Env env = info.Env();
  const std::string name = string_of(env, info[0], "the name");
  const Napi::Object object = object_of(env, info[1], "the options");
  ReaderOptions options;
  const double from = number_of(env, object.Get("from"), "from");
  options.from = from == -1   ? kFromEarliest
                 : from == -2 ? kFromLatest
                              : static_cast<std::int64_t>(count_of(env, object.Get("from"), "from"));
  options.spin_micros = small_count_of(env, object.Get("spinMicros"), "spinMicros");
  const std::uint32_t verify = small_count_of(env, object.Get("verify"), "verify");
  if (verify > static_cast<std::uint32_t>(Verify::values)) {
    throw to_js(env, Error(Errc::invalid_argument, "verify is 0, 1 or 2"));
  }
  options.verify = static_cast<Verify>(verify);
  guarded(env, [&] { reader_ = RingReader::attach(name, options); });
  leases_ = std::make_shared<HeldLeases>(env, 2 * reader_->header().ring_capacity);
  cleanup_.emplace(env, [reader = reader_] { reader->close(); });
  const Napi::Object self = info.This().As<Napi::Object>();
  const SharedMemoryHeader& header = reader_->header();
  self.Set("name", Napi::String::New(env, name));
  self.Set("generation", Napi::Number::New(env, static_cast<double>(header.generation)));
  self.Set("capacity", Napi::Number::New(env, static_cast<double>(header.ring_capacity)));
  self.Set("leaseThreshold", Napi::Number::New(env, header.lease_threshold));
  const Verify verifies = reader_->verifies_values() ? Verify::values : Verify::metadata;
  self.Set("verifies", Napi::Number::New(env, static_cast<double>(verifies)));
  number_.emplace(AddonData::of(env).readers, this);
  self.Set("number", Napi::Number::New(env, number_->value()));
}

ReaderObject::~ReaderObject() {
  if (leases_) leases_->stop_watch(Env());
  drop_unclaimed();
  if (reader_) reader_->close();
}

RingReader& ReaderObject::open(Napi::Env env) const {
  if (!reader_) throw to_js(env, Error(Errc::closed, "this reader is closed"));
  return *reader_;
}

Napi::Value ReaderObject::bind(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsTypedArray() || !info[1].IsTypedArray()) {
    throw to_js(env, Error(Errc::invalid_argument, "bind takes two typed arrays"));
  }
  auto words = info[0].As<Napi::Float64Array>();
  auto layout = info[1].As<Napi::Float64Array>();
  if (words.TypedArrayType() != napi_float64_array || layout.TypedArrayType() != napi_float64_array ||
      words.ElementLength() < kInfoWords) {
    throw to_js(env, Error(Errc::invalid_argument, "bind takes (Float64Array of 16, Float64Array)"));
  }
  info_ = Napi::Persistent(words);
  layout_ = Napi::Persistent(layout);
  info_words_ = words.Data();
  layout_words_ = layout.Data();
  layout_length_ = layout.ElementLength();
  return env.Undefined();
}

void ReaderObject::describe(const BatchView& batch) noexcept {
  info_words_[kSequence] = static_cast<double>(batch.sequence);
  info_words_[kRows] = static_cast<double>(batch.rows);
  info_words_[kLength] = static_cast<double>(batch.length);
  info_words_[kCommitTimeMs] = static_cast<double>(batch.commit_ns) / 1e6;
  info_words_[kLostFirst] = static_cast<double>(batch.lost_first);
  info_words_[kLostCount] = static_cast<double>(batch.lost_count);
  info_words_[kFingerprintLow] = static_cast<double>(batch.fingerprint & 0xFFFFFFFFu);
  info_words_[kFingerprintHigh] = static_cast<double>(batch.fingerprint >> 32);
}

/// Writes the layout words for JavaScript. False if its array is too short.
bool ReaderObject::verified(const std::uint8_t* bytes, const BatchView& batch) {
  described_ = false;
  VerifyResult result = verifier_.verify(bytes, batch.length, words_);
  if (result.ok() && reader_->verifies_values()) result = verifier_.verify_values(bytes, words_);
  if (!result.ok()) {
    const std::uint64_t sequence = batch.sequence;
    reader_->advance();
    fail(Errc::corrupt,
         "arena \"%s\": batch %" PRIu64 " is refused: %s (byte %" PRIu64
         " of its slot); the batch is skipped",
         reader_->name().c_str(), sequence, result.reason, result.offset);
  }
  described_ = true;
  if (words_.size() > layout_length_) {
    info_words_[kNeeded] = static_cast<double>(words_.size());
    return false;
  }
  std::memcpy(layout_words_, words_.data(), words_.size() * sizeof(double));
  info_words_[kSchemaId] = result.schema_id;
  info_words_[kLayoutId] = result.layout_id;
  return true;
}

int ReaderObject::deliver(PeekStatus status, const BatchView& batch, Slab slab) {
  if (status == PeekStatus::empty) return reader_->holds_wanted() ? kWanted : kEmpty;
  describe(batch);
  if (status == PeekStatus::ended) return kEnded;
  if (batch.length >= reader_->header().lease_threshold) {
    if (!verified(batch.data, batch)) return kNeedLayout;
    info_words_[kHoldsWanted] = reader_->holds_wanted() ? 1 : 0;
    unclaimed_ = leases_->hold(reader_->take());
    info_words_[kLeaseId] = static_cast<double>(unclaimed_);
    info_words_[kUnfinalized] = static_cast<double>(leases_->unfinalized());
    return kLeased;
  }
  if (slab.used > slab.length || batch.length > slab.length - slab.used) {
    info_words_[kNeeded] = static_cast<double>(batch.length);
    return kNeedSlab;
  }
  // Copied first, verified after: nobody can change the copy.
  std::uint8_t* copy = slab.bytes + slab.used;
  std::memcpy(copy, batch.data, batch.length);
  if (!verified(copy, batch)) return kNeedLayout;
  reader_->count_copied(batch.length);
  reader_->advance();
  return kCopied;
}

template <typename Peek>
Napi::Value ReaderObject::acquire(const Napi::CallbackInfo& info, Peek&& peek) {
  const Napi::Env env = info.Env();
  if (info_words_ == nullptr) throw to_js(env, Error(Errc::invalid_argument, "bind the arrays first"));
  // Asked for each time: the program may have transferred it, and then it is empty.
  Slab slab{};
  void* bytes = nullptr;
  if (napi_get_arraybuffer_info(env, info[1], &bytes, &slab.length) != napi_ok) {
    throw to_js(env, Error(Errc::invalid_argument, "a slab is an ArrayBuffer"));
  }
  slab.bytes = static_cast<std::uint8_t*>(bytes);
  slab.used = count_of(env, info[2], "the slab's offset");
  return guarded(env, [&] {
    drop_unclaimed();
    BatchView batch;
    const PeekStatus status = peek(batch);
    return Napi::Number::New(env, deliver(status, batch, slab));
  });
}

Napi::Value ReaderObject::try_acquire(const Napi::CallbackInfo& info) {
  ReaderObject& self = of(info);
  return self.acquire(info, [&](BatchView& batch) { return self.open(info.Env()).peek(batch); });
}

Napi::Value ReaderObject::acquire_sync(const Napi::CallbackInfo& info) {
  ReaderObject& self = of(info);
  const Deadline deadline = deadline_of(info.Env(), info[3]);
  return self.acquire(info,
                      [&](BatchView& batch) { return self.open(info.Env()).wait_peek(batch, deadline); });
}

Napi::Value ReaderObject::lease(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::uint64_t id = count_of(env, info[0], "the lease");
  const std::uint64_t offset = count_of(env, info[1], "the offset");
  const std::uint64_t length = count_of(env, info[2], "the length");
  const Lease* lease = leases_->find(id);
  if (lease == nullptr || length == 0 || offset > lease->length || length > lease->length - offset) {
    throw to_js(env, Error(Errc::invalid_argument, "lease() shows bytes of a batch that is leased"));
  }
  auto* bytes = const_cast<std::uint8_t*>(lease->data) + offset;
  const HeldLeases::Shown shown = leases_->show(env, id, length);
  auto finalizer = std::make_unique<Finalizer>(Finalizer{leases_, shown});
  if (unclaimed_ == id) unclaimed_ = 0;
  const napi_finalize hide = [](napi_env finalizing, void*, void* hint) {
    const std::unique_ptr<Finalizer> owned(static_cast<Finalizer*>(hint));
    owned->leases->hide(finalizing, owned->shown);
  };
  napi_value buffer = nullptr;
  const napi_status status =
      napi_create_external_arraybuffer(env, bytes, length, hide, finalizer.get(), &buffer);
  if (status == napi_ok) {
    [[maybe_unused]] auto* owned_by_buffer = finalizer.release();
    guarded(env, [&] { leases_->watch(env, shown, buffer); });
    return Napi::Value(env, buffer);
  }
  if (status != napi_no_external_buffers_allowed) {
    [[maybe_unused]] auto* finalized_by_node = finalizer.release();
    throw Napi::Error::New(env);
  }
  // Where external memory is forbidden (Electron), the bytes are copied, and counted.
  Napi::ArrayBuffer copy = Napi::ArrayBuffer::New(env, length);
  std::memcpy(copy.Data(), bytes, length);
  if (reader_) reader_->count_copied(length);
  if (napi_add_finalizer(env, copy, bytes, hide, finalizer.get(), nullptr) != napi_ok) {
    leases_->hide(env, shown);
  } else {
    [[maybe_unused]] auto* owned_by_buffer = finalizer.release();
  }
  return copy;
}

Napi::Value ReaderObject::copy_lease(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::uint64_t id = count_of(env, info[0], "the lease");
  const Lease* lease = leases_->find(id);
  void* bytes = nullptr;
  std::size_t length = 0;
  napi_typedarray_type type = napi_int8_array;
  if (napi_get_typedarray_info(env, info[1], &type, &length, &bytes, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array || lease == nullptr || length != lease->length) {
    throw to_js(env, Error(Errc::invalid_argument, "copyLease() takes a Uint8Array as long as the batch"));
  }
  std::memcpy(bytes, lease->data, length);
  if (reader_) reader_->count_copied(length);
  leases_->give_back(env, id);
  if (unclaimed_ == id) unclaimed_ = 0;
  return env.Undefined();
}

Napi::Value ReaderObject::watch(const Napi::CallbackInfo& info) {
  if (info[0].ToBoolean()) {
    leases_->start_watch();
  } else {
    leases_->stop_watch(info.Env());
  }
  return info.Env().Undefined();
}

Napi::Value ReaderObject::look(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const napi_value collect = info[0];
  return guarded(env, [&] {
    const std::uint64_t left = leases_->look(env, info[1].ToBoolean(), [&] {
      napi_call_function(env, env.Undefined(), collect, 0, nullptr, nullptr);
    });
    return Napi::Number::New(env, static_cast<double>(left));
  });
}

void ReaderObject::drop_unclaimed() noexcept {
  if (unclaimed_ != 0) leases_->give_back(Env(), unclaimed_);
  unclaimed_ = 0;
}

Napi::Value ReaderObject::release(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::uint64_t id = count_of(env, info[0], "the lease");
  // Detached before the lease ends: a view never shows foreign bytes.
  bool transferred = false;
  for (std::size_t i = 1; i < info.Length(); ++i) {
    if (!info[i].IsArrayBuffer()) continue;
    auto buffer = info[i].As<Napi::ArrayBuffer>();
    transferred = transferred || buffer.IsDetached();
    if (buffer.IsDetached()) continue;
    leases_->detach(env, id, buffer.ByteLength());
    buffer.Detach();
  }
  if (unclaimed_ == id) unclaimed_ = 0;
  if (transferred) {
    const bool held = leases_->find(id) != nullptr;
    leases_->leave_to_finalizers(env, id);
    return Napi::Boolean::New(env, held);
  }
  return Napi::Boolean::New(env, leases_->give_back(env, id));
}

Napi::Value ReaderObject::arm(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  ReaderObject& self = of(info);
  const std::uint64_t bell = BellObject::id_of(env, info[1]);
  return guarded(env, [&] { return Napi::Boolean::New(env, self.open(env).arm(WakeBy::bell, bell)); });
}

Napi::Value ReaderObject::disarm(const Napi::CallbackInfo& info) {
  ReaderObject& self = of(info);
  if (self.reader_) self.reader_->disarm();
  return info.Env().Undefined();
}

Napi::Value ReaderObject::messages(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!described_) throw to_js(env, Error(Errc::invalid_argument, "there is no verified batch"));
  const MessageBytes messages = verifier_.messages();
  auto copy = Napi::Uint8Array::New(env, messages.length);
  std::memcpy(copy.Data(), messages.data, messages.length);
  return copy;
}

Napi::Value ReaderObject::lag(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guarded(env, [&] { return Napi::Number::New(env, static_cast<double>(open(env).lag())); });
}

Napi::Value ReaderObject::close(const Napi::CallbackInfo& info) {
  leases_->stop_watch(info.Env());
  drop_unclaimed();
  if (reader_) reader_->close();
  cleanup_.reset();
  reader_.reset();  // the segment and its mappings go with it, unless leases hold them
  return info.Env().Undefined();
}

Napi::Value ReaderObject::stats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const ReaderStats stats = guarded(env, [&] { return open(env).stats(); });
  Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char* key, std::uint64_t value) {
    object.Set(key, Napi::Number::New(env, static_cast<double>(value)));
  };
  set("batches", stats.batches);
  set("bytes", stats.bytes);
  set("bytesCopied", stats.bytes_copied);
  set("lost", stats.lost);
  set("waits", stats.waits);
  set("evacuations", stats.evacuations);
  set("privateBytes", stats.private_bytes);
  set("leases", stats.leases);
  set("cursor", stats.cursor);
  return object;
}

}  // namespace qads::addon
