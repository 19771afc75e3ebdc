/* A reader: ring/reader.cpp. */

/* RingReader::claim_cursor. READY: the batch at the cursor is this reader's, and its pin stands. */
#define EMPTY 1
#define READY 2

/* In drop-oldest the writer may have moved the cursor past what this reader gives up. */
inline wake_writer_at_cursor() {
#if POLICY == DROP_OLDEST && !defined(M_WAKE_AT_EXPECTED)
  lim = cursor[e];
#else
  lim = expected[p];
#endif
  wake_writer(lim);
  lim = 0
}

inline claim_cursor(p) {
  do
  :: at = cursor[e];
    atomic {
      assert(at >= expected[p] && at <= published);
      /* What the writer skipped is lost, and counted. */
      lost[p] = lost[p] | (BELOW(at) & ~BELOW(expected[p]));
      expected[p] = at;
      if
      :: at == published -> at = 0; r = EMPTY; break
      :: else -> peeked[p] = at
      fi
    }
#if !defined(M_CLAIM_WITHOUT_PIN) && !defined(M_PIN_AFTER_CLAIM)
    LOCK(p)
    d_step { store_pin(p); sp(acquire_pin) }
    UNLOCK(p)
#endif
    if
#ifdef M_CLAIM_BLINDLY
    :: atomic { cursor[e] = at + 1; at = 0; r = READY; break }
#else
    /* Compare and swap: if it succeeds, the writer's later look at the pin sees it. */
    :: atomic { cursor[e] == at -> cursor[e] = at + 1; at = 0; r = READY; sp(acquire_cursor); break }
#endif
    :: d_step { cursor[e] != at -> at = 0; peeked[p] = NONE }
    fi;
    LOCK(p)
    d_step { store_pin(p) }
    UNLOCK(p)
#ifndef M_UNPIN_SILENT
    wake_writer_at_cursor()
#endif
  od
#ifdef M_PIN_AFTER_CLAIM
  ;
  if
  :: r == READY -> LOCK(p) d_step { store_pin(p) } UNLOCK(p)
  :: else
  fi
#endif
}

/* The slot and the bytes of the batch at the cursor, through a mapping whose pages there show the ring. */
inline look(p) {
#ifdef EVACUATION
  v = 0;
  do
  :: v < VIEWS && marked[PAGE(p, v, expected[p])] -> v++
  :: else -> break
  od;
  assert(v == VIEWS || SEEN(p, v, expected[p]) == expected[p]);
#endif
  assert(slot[expected[p] % SLOTS] == expected[p]);
  assert(bytes[expected[p] % SLOTS] == expected[p]);
  assert(expected[p] >= reclaimed);
  /* Never twice, and never one that was reported lost. */
  assert(((delivered[p] | lost[p]) & BIT(expected[p])) == 0);
  looks[p] = looks[p] | BIT(expected[p])
}

/* Ghost: and all before it were delivered or reported lost. */
inline deliver(p) {
  assert((delivered[p] | lost[p]) == BELOW(expected[p]));
  delivered[p] = delivered[p] | BIT(expected[p]);
  expected[p]++
}

/* RingReader::step_past */
inline advance(p) {
#if POLICY == DROP_OLDEST
  LOCK(p)
  d_step {
    looks[p] = looks[p] & ~BIT(expected[p]);
    deliver(p);
    peeked[p] = NONE;
    store_pin(p);
    sp(release_pin)
  }
  UNLOCK(p)
#else
#ifdef M_WANTED_READ_EARLY
  /* Without sequential consistency the look at `wanted` may pass the store of the cursor. */
  lim = (wanted != 0 && expected[p] + 1 >= wanted -> 1 : 0);
#endif
#ifdef M_ADVANCE_RELAXED
  cursor[e] = expected[p] + 1;
  d_step { looks[p] = looks[p] & ~BIT(expected[p]); deliver(p) }
#else
  /* Release: the writer that sees this cursor overwrites what was read before it. */
  d_step {
    looks[p] = looks[p] & ~BIT(expected[p]);
    deliver(p);
    cursor[e] = expected[p];
    sp(advance_cursor)
  }
#endif
#endif
#ifdef M_WANTED_READ_EARLY
  if
  :: d_step { lim != 0 -> lim = 0 } ; wake_writer(NONE)
  :: else
  fi
#elif !defined(M_ADVANCE_SILENT)
  wake_writer_at_cursor()
#endif
}

/* RingReader::take. The batch becomes a lease. */
inline take(p) {
  LOCK(p)
#ifdef EVACUATION
#ifdef M_ENLIST_RELEASE
  lim = evict_below[e];
#define EVICT_BELOW lim
#else
#define EVICT_BELOW evict_below[e]
#endif
  /* enlist: the bell before the look at what the writer asks for */
  if
  :: has_bell[e]
  :: d_step { !has_bell[e] -> has_bell[e] = true }
  fi;
#endif
  d_step {
    in_ring[p] = in_ring[p] | BIT(expected[p]);
#ifdef EVACUATION
    second[p] = (v == 1 -> second[p] | BIT(expected[p]) : second[p]);
    v = 0;
#endif
#if POLICY != DROP_OLDEST && !defined(M_CURSOR_BEFORE_PIN)
    store_pin(p); sp(acquire_pin)
#endif
  }
  d_step {
    deliver(p);
#if POLICY != DROP_OLDEST
    cursor[e] = expected[p]; sp(acquire_cursor)
#endif
  }
#if POLICY == DROP_OLDEST
  d_step { peeked[p] = NONE; store_pin(p) }
#elif defined(M_CURSOR_BEFORE_PIN)
  d_step { store_pin(p) }
#endif
#if defined(EVACUATION) && !defined(M_EARLIER_REQUEST_IGNORED)
  /* The writer asks once: a lease taken below what it asked for must not wait for it to ask again. */
  if
  :: expected[p] - 1 < EVICT_BELOW -> evacuator_bell[e] = true
  :: else
  fi;
#endif
#ifdef M_ENLIST_RELEASE
  lim = 0;
#endif
  UNLOCK(p)
  wake_writer_at_cursor()
}

#define COUNT(set) (((set)&1) + (((set) >> 1) & 1) + (((set) >> 2) & 1) + (((set) >> 3) & 1) + \
                    (((set) >> 4) & 1) + (((set) >> 5) & 1) + (((set) >> 6) & 1))
#ifdef EVACUATION
#define LEASES(p) (in_ring[p] & ~given_back[p] | moved[p])
#else
#define LEASES(p) in_ring[p]
#endif

/* Without an evacuator nobody would move what it holds. */
#ifdef EVACUATION
#define MAY_LEAVE(p) true
#else
#define MAY_LEAVE(p) (in_ring[p] == 0)
#endif

inline release_any(p) {
  atomic {
    at = LOWEST(LEASES(p));
#if HELD > 1
    if
    :: (LEASES(p) & ~BIT(at)) != 0 -> at = LOWEST(LEASES(p) & ~BIT(at))
    :: skip
    fi
#endif
  }
  release(p, at);
  at = 0
}

/* What a program does with a batch. */
inline use_batch(p) {
  if
  :: skip ->
    advance(p)
#if HELD > 0
#ifdef EVACUATION
  :: p < TAKERS && COUNT(LEASES(p)) < HELD && v < VIEWS -> take(p)
#else
  :: p < TAKERS && COUNT(LEASES(p)) < HELD -> take(p)
#endif
#endif
  fi
}

#ifdef HOLDER
/* Another thread of the process, which gives leases back: a finalizer, a task that took a batch over. */
proctype holder(byte p) WHILE_READER_LIVES(p) {
  byte at, lim;
  do
  :: LEASES(p) != 0 -> release_any(p)
  :: reader_done[p] -> break
  od
}
#endif

proctype reader(byte p) WHILE_READER_LIVES(p) {
  byte e = p;
  byte r, lim, v, at, i, start, dead;
  bool others;
#ifdef JOINS
  join(p);
#endif

again:
#if POLICY == DROP_OLDEST
  if
#ifdef SLOW
  :: goto stop
#endif
#ifdef LEAVES
  :: MAY_LEAVE(p) -> goto leave
#endif
#if HELD > 0 && !defined(HOLDER)
  :: LEASES(p) != 0 -> release_any(p); goto again
#endif
  :: skip
  fi;
  claim_cursor(p);
  if
  :: atomic { r == READY -> r = 0; look(p) }
progress_claimed_read:
    use_batch(p);
    goto again
  :: d_step { r == EMPTY -> r = 0 }
  fi;
#else
  if
#ifdef SLOW
  :: goto stop
#endif
#ifdef LEAVES
  :: MAY_LEAVE(p) -> goto leave
#endif
#if HELD > 0 && !defined(HOLDER)
  :: LEASES(p) != 0 -> release_any(p); goto again
#endif
#ifdef M_SLOT_READ_FIRST
  :: at = slot[expected[p] % SLOTS];
    if
    :: d_step { published > expected[p] -> assert(at == expected[p]); at = 0 }
#else
  :: atomic { published > expected[p] -> look(p) }
#endif
progress_read:
    assert(published <= expected[p] + SLOTS);
    use_batch(p);
    goto again
#ifdef M_SLOT_READ_FIRST
    :: d_step { published == expected[p] -> at = 0 }
    fi
#else
  :: published == expected[p]
#endif
  fi;
#endif

  /* when_idle */
  r = state;
  if
#ifdef M_DEATH_HIDES_END
  :: d_step { r == OPEN && !writer_lock -> r = NONE }
#else
  /* It may have ended before it went: only an open state, read after the lock was found free, is a death. */
  :: r == OPEN && !writer_lock -> d_step { r = (state == OPEN -> NONE : state) }
#endif
  :: d_step { r == OPEN && writer_lock -> r = 0 }
  :: r == ENDED
  fi;
  if
#ifdef M_END_BEFORE_LAST_LOOK
  :: r != 0 -> goto leave
#else
  /* The state was stored after the last batch was published: look once more, in that order. */
  :: d_step { r != 0 && published != expected[p] -> r = 0 } ; goto again
  :: r != 0 && published == expected[p] -> goto leave
#endif
  :: r == 0
  fi;
#if HELD > 0 && !defined(EVACUATION) && !defined(HOLDER)
  /* Nobody else moves what it holds out of the writer's way: a program that sleeps gives its leases back. */
  if
  :: LEASES(p) != 0 -> release_any(p); goto again
  :: else
  fi;
#endif

#ifdef READERS_SPIN
  /* For checks of other things: a reader that finds nothing waits without a flag. */
  published != expected[p] || state != OPEN || !writer_lock;
#else
  /* arm: the flag, then the condition again, then sleep. */
#ifdef M_WAITING_RELEASE
  r = (published == expected[p]);
  r = (r != 0 && state == OPEN);
  waiting = waiting | BIT(e);
#else
  atomic { waiting = waiting | BIT(e); sp(reader_wait_flag) }
#if defined(M_NO_DATA_RECHECK)
  r = (state == OPEN);
#elif defined(M_NO_STATE_RECHECK)
  r = (published == expected[p]);
#else
  r = (published == expected[p]);
  r = (r != 0 && state == OPEN);
#endif
#endif
  if
  :: r != 0 ->
    if
    :: d_step { reader_bell[e] -> reader_bell[e] = false; sp(reader_wait_sleep) }
    :: WRITER_IS_DEAD /* the time slice after a death */
    fi
  :: else
  fi;
  atomic { waiting = waiting & ~BIT(e); r = 0 }
#endif
  goto again;

stop:
  idles[p] = true;
leave:
#ifdef LEAVES
  if
  :: idles[p]
  :: d_step { !idles[p] -> ended[p] = r; r = 0 }
    detach(p)
  fi;
#else
  ended[p] = r;
#endif
gone:
  reader_done[p] = true
}
