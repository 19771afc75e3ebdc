// The thread that moves held batches out of a writer's way: one per process, asleep until a writer rings its
// bell, none while no lease is held in a ring. It needs no help from the threads that hold the leases.
#pragma once

#include <cstdint>
#include <memory>

#include "core/base/clock.hpp"

namespace qads {

class LeaseTable;

/// Enlists a table before its first lease; starts the thread if it is the first. Returns the identity of the
/// bell that writers ring. Throws if the bell or the thread cannot be made.
std::uint64_t enlist_for_evacuation(const std::weak_ptr<LeaseTable>& table);

/// Waits until readers that closed with leases held have left their arenas, or until the deadline. For the
/// end of the process: it would otherwise die in the middle, and an arena whose writer is gone too would keep
/// its name.
void finish_leaving(Deadline deadline) noexcept;

/// Moves all leases of this process to private memory, of which a forked child gets its own copy: the ring is
/// not there for it. False if the deadline passed first. For callers that let nobody take a lease meanwhile.
[[nodiscard]] bool move_leases_out(Deadline deadline) noexcept;

/// The table is going, or its reader has left: stops the thread if it was the last. Idempotent.
void strike_from_evacuation(const LeaseTable* table) noexcept;

/// Lets the thread look at its tables' requests: for a reader that closes with leases held.
void wake_evacuator() noexcept;

}  // namespace qads
