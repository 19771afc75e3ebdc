#include "stay_loaded.hpp"

#include <dlfcn.h>

namespace qads {

void stay_loaded() noexcept {
  Dl_info module{};
  if (dladdr(reinterpret_cast<const void*>(&stay_loaded), &module) == 0 || module.dli_fname == nullptr)
    return;
  // Nothing is loaded by this, and the program itself, which goes by no such name, stays anyway.
  [[maybe_unused]] const void* kept = dlopen(module.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

}  // namespace qads
