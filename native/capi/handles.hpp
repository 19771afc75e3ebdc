// The handles behind the C ABI's opaque types, and how errors leave through it.
#pragma once

#include <memory>
#include <new>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/ring/reader.hpp"
#include "core/ring/writer.hpp"
#include "core/wake/bell.hpp"
#include "ipc/verify.hpp"
#include "qadataswap.h"

struct qads_writer {
  std::unique_ptr<qads::RingWriter> ring;
  const std::uint8_t* claimed = nullptr;
  std::uint64_t claimed_length = 0;
  qads::SlotFingerprints fingerprints;
};

struct qads_reader {
  std::unique_ptr<qads::RingReader> ring;
  qads::SlotVerifier verifier;
  std::vector<double> layout;
  std::uint64_t verified = UINT64_MAX;  // sequence that `layout` describes
  std::uint32_t schema_id = 0;
  bool described = false;  // by `layout`: a batch was verified, and none was refused since
  bool unverified = false;
};

struct qads_bell {
  qads::Bell bell;
};

namespace qads::capi {

inline std::string& last_error() {
  thread_local std::string message;
  return message;
}

inline int failed(Errc code, const char* message) noexcept {
  try {
    last_error() = message;
  } catch (...) {
    // Out of memory for the sentence: the code still tells.
  }
  return static_cast<int>(code);
}

/// Runs `body`, which returns a status; nothing is thrown through the C ABI.
template <typename Body>
int guarded(Body&& body) noexcept {
  try {
    return body();
  } catch (const Error& error) {
    return failed(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return failed(Errc::no_space, "out of memory");
  } catch (const std::exception& error) {
    return failed(Errc::system, error.what());
  }
}

template <typename... Pointers>
bool any_null(Pointers... pointers) noexcept {
  return ((pointers == nullptr) || ...);
}

inline qads_identity identity_of(const SharedMemoryHeader& header) noexcept {
  return {header.generation, header.created_ns};
}

inline int null_argument() noexcept {
  return failed(Errc::invalid_argument, "an argument that is required is NULL");
}

inline Deadline deadline_of(std::int64_t timeout_ms) noexcept {
  return timeout_ms < 0 ? Deadline::never() : Deadline::after_ms(timeout_ms);
}

}  // namespace qads::capi
