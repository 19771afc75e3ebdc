#include "error.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace qads {

const char* error_code_name(Errc code) noexcept {
  switch (code) {
    case Errc::ok:
      return "OK";
    case Errc::name_invalid:
      return "ERR_QADS_NAME_INVALID";
    case Errc::invalid_argument:
      return "ERR_QADS_INVALID_ARGUMENT";
    case Errc::not_found:
      return "ERR_QADS_NOT_FOUND";
    case Errc::writer_exists:
      return "ERR_QADS_WRITER_EXISTS";
    case Errc::incompatible:
      return "ERR_QADS_INCOMPATIBLE";
    case Errc::not_an_arena:
      return "ERR_QADS_NOT_AN_ARENA";
    case Errc::corrupt:
      return "ERR_QADS_CORRUPT";
    case Errc::too_many_readers:
      return "ERR_QADS_TOO_MANY_READERS";
    case Errc::no_space:
      return "ERR_QADS_NO_SPACE";
    case Errc::batch_too_large:
      return "ERR_QADS_BATCH_TOO_LARGE";
    case Errc::schema_mismatch:
      return "ERR_QADS_SCHEMA_MISMATCH";
    case Errc::timed_out:
      return "ERR_QADS_TIMED_OUT";
    case Errc::aborted:
      return "ERR_QADS_ABORTED";
    case Errc::writer_died:
      return "ERR_QADS_WRITER_DIED";
    case Errc::writer_aborted:
      return "ERR_QADS_WRITER_ABORTED";
    case Errc::closed:
      return "ERR_QADS_CLOSED";
    case Errc::released:
      return "ERR_QADS_RELEASED";
    case Errc::permission:
      return "ERR_QADS_PERMISSION";
    case Errc::forked:
      return "ERR_QADS_FORKED";
    case Errc::full:
      return "ERR_QADS_FULL";
    case Errc::system:
      break;
  }
  return "ERR_QADS_SYSTEM";
}

void fail(Errc code, const char* format, ...) {
  char text[1536];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  throw Error(code, text);
}

void fail_errno(int error, const char* call, const std::string& name) {
  const char* reason = std::strerror(error);
  switch (error) {
    case EACCES:
    case EPERM:
      fail(Errc::permission,
           "arena \"%s\": %s: %s; it belongs to another user or its mode forbids it: create it with a wider "
           "mode "
           "(for example 0660) or run as its owner",
           name.c_str(), call, reason);
    case ENOSPC:
    case ENOMEM:
      fail(Errc::no_space, "arena \"%s\": %s: %s; free memory or shared memory, or ask for a smaller size",
           name.c_str(), call, reason);
    case ENOENT:
      fail(Errc::not_found,
           "arena \"%s\" does not exist; create its writer first, or let the reader wait for it",
           name.c_str());
    default:
      fail(Errc::system, "arena \"%s\": %s: %s", name.c_str(), call, reason);
  }
}

}  // namespace qads
