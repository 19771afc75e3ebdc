/* Joining and leaving: ring/joining.cpp, LeaseTable::detach. */

inline choose_start(p) {
  if
  :: skip /* earliest */
  :: start = published /* latest */
#ifdef BAD_START
  :: start = NONE /* a sequence that is not written yet: invalid_argument */
#endif
  fi;
  if
  :: start != NONE -> expected[p] = start; delivered[p] = BELOW(start); attached[p] = true
  :: else
  fi
}

#ifdef DEATHS
/* settle_dead: the dead that the writer has not met no longer count, and what all of them had read may
 * go. The entry is one of them: nobody else holds its lock.
 */
inline settle_dead() {
  start = NONE;
  do
  :: d_step { i < in_use -> r = entry[i] }
    d_step {
      if
      :: r == LIVE && (i == e || entry_lock[i] == 0) -> dead = dead | BIT(i); start = MIN(start, cursor[i])
      :: i != e && entry_lock[i] != 0 -> others = (others || r == LIVE || r == JOINING)
      :: else
      fi;
      r = 0; i++ }
  :: d_step { i >= in_use -> i = 0 } ; break
  od;
  if
  :: atomic { !others && dead != 0 -> floor = start; sp(reap_entry) }
    departures++;
    do
    :: d_step { dead != 0 -> if :: (dead & BIT(i)) != 0 -> entry[i] = LEAVING; dead = dead & ~BIT(i) :: else fi; i++ }
    :: d_step { dead == 0 -> i = 0 } ; break
    od
  :: d_step { others || dead == 0 -> others = false; dead = 0 }
  fi;
  start = 0
}
#endif

inline join(p) {
#ifndef M_JOIN_WITHOUT_MEMBERSHIP
  LOCK_MEMBERSHIP(p);
#endif
  atomic {
    do
    :: i >= ENTRIES -> break
    :: i < ENTRIES && entry_lock[i] == 0 -> entry_lock[i] = 1 + p; break
    :: else -> i++
    od;
    e = i; i = 0;
    if
    :: e >= ENTRIES -> e = 0; member_lock = 0; goto gone /* too_many_readers */
    :: else -> entry_of[p] = e
    fi
  }
#if defined(DEATHS) && !defined(M_JOIN_OVER_THE_DEAD)
  if
  :: entry[e] != FREE -> settle_dead()
  :: else
  fi;
#endif
  d_step {
    evict_below[e] = 0; waiting = waiting & ~BIT(e);
#ifdef EVACUATION
    has_bell[e] = false
#endif
  }
  pin[e] = NONE;
#ifdef M_START_BEFORE_JOINING
  start = oldest;
#endif
  entry[e] = JOINING;
#ifndef M_IN_USE_LATE
  if
  :: in_use < e + 1 -> in_use = e + 1
  :: else
  fi;
#endif
  sp(join_claim);
#ifndef M_START_BEFORE_JOINING
  start = oldest;
#endif
#ifdef M_IN_USE_LATE
  if
  :: in_use < e + 1 -> in_use = e + 1
  :: else
  fi;
#endif
  atomic {
    assert(start <= published && published - start <= SLOTS);
    choose_start(p)
  }
#ifdef BAD_START
  if
  :: start == NONE ->
    start = 0;
    entry[e] = FREE;
#ifndef M_FAILED_JOIN_SILENT
    wake_writer(NONE);
#endif
    member_lock = 0;
    entry_lock[e] = 0;
    goto gone
  :: else
  fi;
#endif
#ifdef M_LIVE_BEFORE_CURSOR
  entry[e] = LIVE;
  d_step { cursor[e] = start; start = 0; skipped[e] = 0 }
#else
  d_step { cursor[e] = start; start = 0; skipped[e] = 0; sp(join_start) }
  d_step { entry[e] = LIVE; sp(join_live) }
#endif
  joins++;
#ifndef M_JOIN_SILENT
  wake_writer(NONE);
#endif
  member_lock = 0
}

inline detach(p) {
  atomic { waiting = waiting & ~BIT(e) }
  LOCK(p)
#ifndef M_LEAVE_WITHOUT_MEMBERSHIP
  LOCK_MEMBERSHIP(p);
#endif
  detached[p] = true;
  do
  :: d_step { i < in_use -> r = (i != e && (entry[i] == LIVE || entry[i] == JOINING)) }
    d_step {
      others = (others || r != 0 && entry_lock[i] != 0);
      /* Ghost: while another reads, what is kept is that one's affair. */
      if :: r != 0 && entry_lock[i] != 0 -> attached[p] = false :: else fi;
#ifndef M_DEAD_RAISE_FLOOR
      /* The dead no longer count: their cursors must not raise the floor when they are reaped. */
      if :: r != 0 && entry_lock[i] == 0 -> dead = dead | BIT(i) :: else fi;
#endif
      r = 0; i++ }
  :: d_step { i >= in_use -> i = 0 } ; break
  od;
#ifdef M_FREE_BEFORE_FLOOR
  entry[e] = FREE;
#endif
  if
#ifdef M_LEAVE_WITHOUT_FLOOR
  :: !others
#else
  :: atomic { !others -> floor = cursor[e]; sp(leave_floor) }
#ifndef M_DEAD_RAISE_FLOOR
    do
    :: d_step { dead != 0 -> if :: (dead & BIT(i)) != 0 -> entry[i] = LEAVING; dead = dead & ~BIT(i) :: else fi; i++ }
    :: d_step { dead == 0 -> i = 0 } ; break
    od
#endif
#endif
  :: d_step { others -> others = false; dead = 0 }
  fi;
  departures++;
  if
#ifdef EVACUATION
  :: in_ring[p] != 0 && writer_lock ->
    evict_below[e] = NONE;
    d_step { entry[e] = LEAVING; ghost_leave(p) }
    wake_writer(NONE);
#ifndef M_LEAVE_WITHOUT_BELL
    evacuator_bell[e] = true;
#endif
#endif
  :: else ->
    departed[p] = true;
    leave_entry(p)
  fi;
  member_lock = 0;
  UNLOCK(p)
}
