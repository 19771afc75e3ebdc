#pragma once

namespace qads {

/// Keeps the module that holds this code in memory until the process ends: a thread and a signal handler of
/// the core outlive every reader and writer, and whoever loaded the module may unload it.
void stay_loaded() noexcept;

}  // namespace qads
