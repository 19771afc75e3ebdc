#pragma once

#include "errors.hpp"
#include "qadataswap.h"

namespace qads::python {

/// A doorbell: the file descriptor that peers make readable. One per event loop.
class Bell {
 public:
  Bell() { checked(qads_bell_create(&handle_)); }
  ~Bell() { close(); }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  const qads_bell* handle() const noexcept { return handle_; }
  /// -1 when closed.
  int fd() const noexcept { return qads_bell_fd(handle_); }
  void drain() const noexcept { qads_bell_drain(handle_); }
  void close() noexcept {
    qads_bell_free(handle_);
    handle_ = nullptr;
  }

 private:
  qads_bell* handle_ = nullptr;
};

}  // namespace qads::python
