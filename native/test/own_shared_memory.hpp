#pragma once

namespace qads::test {

/// Gives this process, and the children it forks from now on, a /dev/shm of their own, where the system
/// allows it: then a test can tell that nothing at all was left behind.
bool own_shared_memory();

}  // namespace qads::test
