/* What the writer may overwrite, and what it does about readers in its way: reclaimer.cpp. One load or store of a
 * shared word per step.
 */

#ifdef JOINS
#define LOAD_IN_USE n = in_use
#else
#define LOAD_IN_USE n = ENTRIES
#endif

/* Reclaimer::position_of: impossible values are no reader's. */
#define CLAMP(at) ((at) > next || (at) < reclaimed -> next : (at))
#ifdef M_PIN_IGNORED
#define LOWER_OF(c, q) (c)
#else
#define LOWER_OF(c, q) MIN(c, q)
#endif

/* Reclaimer::limit: lowest sequence that some reader still needs or holds. */
inline limit(result) {
#if defined(LEAVES) && !defined(M_NO_RESCAN)
  d = departures;
#endif
  atomic { LOAD_IN_USE; low = next }
#ifdef M_FLOOR_BEFORE_SCAN
  f = floor;
#define LOAD_FLOOR f
#else
#define LOAD_FLOOR floor
#endif
  do
#ifdef ENTRIES_CHANGE
  :: d_step { i < n && s == FREE ->
      s = entry[i];
      if
      :: s == FREE -> i++
#ifdef M_JOINING_IGNORED
      :: s == JOINING -> s = FREE; i++
#else
      :: s == JOINING -> low = MIN(low, reclaimed); att = true; s = FREE; i++
#endif
      :: else
      fi }
#else
  :: d_step { i < n && s == FREE -> s = LIVE }
#endif
#ifdef M_PIN_READ_FIRST
  :: d_step { s >= LIVE -> q = pin[i]; q = CLAMP(q) }
    d_step {
      c = (s == LIVE -> CLAMP(cursor[i]) : next);
#else
  /* The cursor first: who sees it past a batch also sees the pin stored before it. */
  :: d_step { s >= LIVE -> c = (s == LIVE -> CLAMP(cursor[i]) : next) }
    d_step {
      q = CLAMP(pin[i]);
#endif
      low = MIN(low, LOWER_OF(c, q)); att = (att || s == LIVE);
      c = 0; q = 0; s = FREE; i++
    }
#if defined(LEAVES) && !defined(M_NO_RESCAN)
  /* Of two that leave during the scan the first may be seen before and the last after: nobody's floor would count. */
  :: d_step { i >= n && departures != d -> d = departures; LOAD_IN_USE; i = 0; low = next; att = false }
  /* Too many scans in vain (scan_while_still): nothing more is the writer's. */
  :: d_step { i >= n && departures != d -> d = 0; i = 0; n = 0; result = reclaimed; low = 0; att = false } ; break
  :: d_step { i >= n && departures == d ->
      d = 0;
#else
  :: d_step { i >= n ->
#endif
      i = 0; n = 0;
      /* After the scan: a leaver stores the floor before it frees its entry (leave_floor). */
#if POLICY == DROP_OLDEST
      result = low;
#else
      result = (att -> low : MIN(low, MIN(next, MAX(LOAD_FLOOR, reclaimed))));
#endif
      low = 0; att = false } ; break
  od
}

#if POLICY == DROP_OLDEST
/* Moves cursors that are below `needed`. What they pass is lost to those readers. */
inline skip_slow_readers() {
  LOAD_IN_USE;
  do
  :: d_step { i < n -> s = entry[i] }
    if
    :: d_step { s != LIVE -> s = FREE; i++ }
    :: d_step { s == LIVE -> s = FREE; c = cursor[i] }
      do
#ifdef M_SKIP_BLINDLY
      :: d_step { c >= reclaimed && c < needed -> skipped[i] = skipped[i] + (needed - c); cursor[i] = needed; c = NONE }
#else
      :: d_step { c >= reclaimed && c < needed -> /* compare and swap */
          if
          :: cursor[i] == c -> skipped[i] = skipped[i] + (needed - c); cursor[i] = needed; c = NONE; sp(claim_skip)
          :: else -> c = cursor[i]
          fi }
#endif
      :: d_step { c < reclaimed || c >= needed -> c = 0; i++ } ; break
      od
    fi
  :: d_step { i >= n -> i = 0; n = 0 } ; break
  od
}
#endif

#ifdef EVACUATION
/* Asks the processes that hold leases below a sequence to move them out of the ring. */
inline request_evictions(below) {
  LOAD_IN_USE;
  do
  :: d_step { i < n && s == FREE && c == 0 -> s = entry[i]; if :: s < LIVE -> s = FREE; i++ :: else fi }
  :: d_step { s >= LIVE -> c = (s == LIVE -> CLAMP(cursor[i]) : next) }
    d_step {
      s = FREE;
      q = CLAMP(pin[i]);
      /* Not the batch that a reader is at while it has others unread: it is slow, no holder. */
      c = ((POLICY == DROP_OLDEST || c >= next) -> below : MIN(below, MAX(c, 1) - 1));
      c = (q < c -> c : 0);
      q = 0
    }
    if
    :: evict_below[i] >= c /* not in the way, or asked before; asking again
        after a time is for rings that are lost, and none is here */
#if defined(M_RING_BEFORE_REQUEST)
    :: d_step { evict_below[i] < c -> evacuator_bell[i] = (evacuator_bell[i] || has_bell[i]) }
      d_step { evict_below[i] = c }
#elif defined(M_REQUEST_RELEASE)
    :: d_step { evict_below[i] < c -> s = has_bell[i] }
      d_step { evict_below[i] = c }
      d_step { evacuator_bell[i] = (evacuator_bell[i] || s != 0); s = FREE }
#else
    :: d_step { evict_below[i] < c -> evict_below[i] = c; sp(evict_request) }
      /* A reader that has no bell yet sees the request when it takes its first lease. */
      d_step { evacuator_bell[i] = (evacuator_bell[i] || has_bell[i]) }
#endif
    fi;
    d_step { c = 0; i++ }
  :: d_step { i >= n -> i = 0; n = 0 } ; break
  od
}
#endif

#ifdef DEATHS
/* Reclaimer::reap_dead: `ok` if there was one. */
inline reap_dead() {
  do
  :: d_step { i < in_use -> s = entry[i] }
    d_step { ok = (ok || s != FREE && entry_lock[i] == 0); s = FREE; i++ }
  :: d_step { i >= in_use -> i = 0 } ; break
  od;
  if
  :: !ok
#ifndef M_REAP_WITHOUT_MEMBERSHIP
  :: d_step { ok && member_lock != 0 -> ok = false } /* somebody joins or leaves: the next look will do */
  :: d_step { ok && member_lock == 0 -> ok = false; low = NONE; member_lock = 1 + WRITER_PARTY }
#else
  :: d_step { ok -> ok = false; low = NONE }
#endif
    do
    :: d_step { i < in_use -> s = entry[i] }
      d_step {
        if
        :: s == FREE
        :: s != FREE && entry_lock[i] != 0 -> att = (att || s == LIVE || s == JOINING)
        :: s != FREE && entry_lock[i] == 0 ->
          bits = bits | BIT(i);
          /* What all of the dead had read may go. */
          if :: s == LIVE -> low = MIN(low, cursor[i]) :: else fi
        fi;
        s = FREE; i++ }
    :: d_step { i >= in_use -> i = 0 } ; break
    od;
#ifndef M_REAP_WITHOUT_FLOOR
    if
    :: d_step { !att && low != NONE -> floor = low; sp(reap_entry) }
    :: else
    fi;
#endif
    atomic { low = 0; att = false; ok = (bits != 0) }
    do
    :: d_step { bits == 0 -> i = 0 } ; break
    :: d_step { bits != 0 -> if :: (bits & BIT(i)) != 0 -> entry[i] = FREE; bits = bits & ~BIT(i) :: else fi; i++ }
    od;
    if
    :: d_step { member_lock == 1 + WRITER_PARTY -> member_lock = 0 }
    :: else
    fi
  fi
}
#endif
