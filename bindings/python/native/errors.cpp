#include "errors.hpp"

#include <nanobind/nanobind.h>

#include "qadataswap.h"

namespace nb = nanobind;

namespace qads::python {

void raise(int code) {
  const nb::object make = nb::module_::import_("qadataswap._errors").attr("error_of");
  // Bytes that a peer wrote may be in the sentence.
  const nb::object message = nb::steal(PyUnicode_DecodeUTF8(
      qads_last_error(), static_cast<Py_ssize_t>(std::strlen(qads_last_error())), "replace"));
  const nb::object error = make(qads_error_name(code), message);
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.ptr())), error.ptr());
  throw nb::python_error();
}

void check_signals() {
  if (PyErr_CheckSignals() != 0) throw nb::python_error();
}

}  // namespace qads::python
