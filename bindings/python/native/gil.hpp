// Work without the GIL, by threads that may find no interpreter to come back to.
//
// When the interpreter ends, CPython 3.13 and older end a daemon thread that wants the GIL by unwinding its
// stack, which C++ cannot survive; newer ones let it hang. So here it hangs in every version, and holds
// nothing that others wait for. While the process exits nobody is inside of the core: its handles are then
// closed by the exit guard, in another thread.
#pragma once

#include <nanobind/nanobind.h>

namespace qads::python {

/// Counts a thread in and out of the core. Does not return while the process exits.
void enter_core() noexcept;
void leave_core() noexcept;
/// Takes the GIL back, or never returns.
void take_gil(PyThreadState* state);

/// After a handle was made: at exit, waits until no other thread is in the core, before the exit guard runs.
void leave_core_at_exit();
/// In a forked child: the parent's other threads are not here.
void forget_threads_in_core() noexcept;

/// Calls `body` without the GIL. It may throw: memory for a batch can lack.
template <typename Body>
auto without_gil(Body&& body) {
  class Away {
   public:
    Away() : state_(PyEval_SaveThread()) { enter_core(); }
    ~Away() {
      leave_core();
      take_gil(state_);
    }
    Away(const Away&) = delete;
    Away& operator=(const Away&) = delete;

   private:
    PyThreadState* state_;
  };
  const Away away;
  return body();
}

}  // namespace qads::python
