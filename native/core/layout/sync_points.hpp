// The named steps of the ring protocol: each is an instruction after which a party may die, and one end of an
// acquire/release pair or of a store-then-load race. The model in native/model uses the same names,
// docs/memory-order.md argues them, and test builds (QADS_SYNC_HOOKS) can delay or die at each.
#pragma once

#include <cstdint>

namespace qads {

#define QADS_SYNC_POINTS(X)                                                               \
  X(create_sized)      /* segment allocated, not yet named */                             \
  X(create_locked)     /* writer byte locked, not yet named */                            \
  X(create_unlinked)   /* dead predecessor's name removed, ours not yet there */          \
  X(create_named)      /* attachable */                                                   \
  X(claim_announce)    /* `oldest` stored: joiners start above what is being reclaimed */ \
  X(claim_skip)        /* drop-oldest: a slow reader's cursor moved */                    \
  X(claim_reclaim)     /* space is the writer's */                                        \
  X(claim_reserved)    /* claim handed out */                                             \
  X(commit_slot)       /* slot words stored, not yet published */                         \
  X(commit_publish)    /* `published` stored */                                           \
  X(wake_readers)      /* a waiting bit taken, its reader not yet woken */                \
  X(evict_request)     /* eviction stored, bell not yet rung */                           \
  X(end_state)         /* ended or aborted stored, readers not yet woken */               \
  X(writer_wait_flag)  /* `wanted` stored, condition not yet re-checked */                \
  X(writer_wait_sleep) /* about to sleep */                                               \
  X(reap_entry)        /* a dead reader's floor stored, its entry not yet free */         \
  X(join_claim)        /* entry is `joining`: reclaiming is blocked */                    \
  X(join_start)        /* cursor stored */                                                \
  X(join_live)         /* entry is `live` */                                              \
  X(acquire_pin)       /* pin stored, cursor not yet advanced */                          \
  X(acquire_cursor)    /* cursor advanced: the lease stands */                            \
  X(advance_cursor)    /* cursor advanced past a batch without lease */                   \
  X(release_pin)       /* pin moved up, writer not yet woken */                           \
  X(wake_writer)       /* `wanted` taken, writer not yet woken */                         \
  X(reader_wait_flag)  /* waiting bit set, condition not yet re-checked */                \
  X(reader_wait_sleep) /* about to sleep */                                               \
  X(evacuate_copy)     /* private copy made, not yet in place */                          \
  X(evacuate_remap)    /* private pages in place, pin not yet moved */                    \
  X(leave_floor)       /* floor stored, entry not yet free */                             \
  X(leave_free)        /* entry free, name not yet removed */

enum class SyncPoint : std::uint32_t {
#define QADS_ENUMERATOR(name) name,
  QADS_SYNC_POINTS(QADS_ENUMERATOR)
#undef QADS_ENUMERATOR
      count
};

#ifdef QADS_SYNC_HOOKS
/// Defined by the test program.
void on_sync_point(SyncPoint point) noexcept;
inline void sync_point(SyncPoint point) noexcept { on_sync_point(point); }
#else
inline void sync_point(SyncPoint) noexcept {}
#endif

}  // namespace qads
