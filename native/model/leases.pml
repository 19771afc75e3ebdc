/* Leases of one reader process and its evacuator thread: lease/table.cpp, lease/evacuation.cpp and evacuator.cpp. */

#define LOWEST(set)                                                                               \
  (((set)&1) -> 0 : (((set)&2) -> 1 : (((set)&4) -> 2 : (((set)&8) -> 3 : (((set)&16) -> 4 :      \
  (((set)&32) -> 5 : (((set)&64) -> 6 : (((set)&128) -> 7 : NONE))))))))

/* LeaseTable::mutex_. Without an evacuator only the reader's thread is there. */
#if defined(EVACUATION) && !defined(M_NO_MUTEX)
bool mutex[READERS];
#define LOCK(p) d_step { !mutex[p] -> mutex[p] = true }
#define UNLOCK(p) mutex[p] = false;
#else
#define LOCK(p)
#define UNLOCK(p)
#endif

/* LeaseTable::store_pin: inside of a step, because it is one store. */
inline store_pin(p) {
  pin[entry_of[p]] = MIN(LOWEST(in_ring[p]), peeked[p])
}

/* LeaseTable::wake_writer */
inline wake_writer(upto) {
  if
  :: wanted == 0 || upto < wanted
  :: else ->
    if
    :: wanted == 0 /* another reader wakes it */
    :: d_step { wanted != 0 -> wanted = 0; sp(wake_writer) } ; writer_bell = true
    fi
  fi
}

/* wake_writer(limit()): of two threads that free the last two things the writer waits for, one sees both. */
inline wake_writer_to_limit(p) {
  lim = cursor[entry_of[p]];
  d_step { lim = MIN(lim, pin[entry_of[p]]) }
  wake_writer(lim);
  lim = 0
}

#ifdef EVACUATION
bool evacuator_bell[ENTRIES];
bool has_bell[ENTRIES]; /* evacuator_bell_id: not before the first lease (enlist) */
#ifdef REFUSES
byte refusals; /* of the kernel to move pages */
#endif
byte moving[READERS]; /* sequences: the evacuator is copying */
byte given_back[READERS]; /* released while moving */
byte moved[READERS]; /* leased, in private memory */
byte second[READERS]; /* leased through the second mapping */

/* Each process has two mappings of the ring; a page of each shows the ring, or what was moved there. */
#define VIEWS 2
#define PAGE(p, v, seq) (((p)*VIEWS + (v)) * SLOTS + (seq) % SLOTS)
bool marked[READERS * VIEWS * SLOTS]; /* View::moved */
byte shows[READERS * VIEWS * SLOTS] = NONE; /* NONE: the ring; else the private copy of a sequence */
#define VIEW_OF(p, seq) ((second[p] & BIT(seq)) -> 1 : 0)
#define SEEN(p, v, seq) (shows[PAGE(p, v, seq)] == NONE -> bytes[(seq) % SLOTS] : shows[PAGE(p, v, seq)])
#endif

/* LeaseTable::free_entry */
inline leave_entry(p) {
  d_step { entry[entry_of[p]] = FREE; ghost_leave(p); sp(leave_free) }
  entry_lock[entry_of[p]] = 0;
#ifndef M_LEAVE_SILENT
  wake_writer(NONE)
#endif
}

/* LeaseTable::release */
inline release(p, seq) {
  LOCK(p)
#ifdef EVACUATION
  if
#ifndef M_MOVING_IGNORED
  :: d_step { (moving[p] & BIT(seq)) != 0 -> given_back[p] = given_back[p] | BIT(seq) } ; UNLOCK(p)
#endif
  :: d_step { (moved[p] & BIT(seq)) != 0 -> moved[p] = moved[p] & ~BIT(seq) }
#ifdef M_FORGET_BEFORE_RESTORE
    d_step { marked[PAGE(p, VIEW_OF(p, seq), seq)] = false; UNLOCK(p) }
    d_step { shows[PAGE(p, VIEW_OF(p, seq), seq)] = NONE; second[p] = second[p] & ~BIT(seq) }
#else
    shows[PAGE(p, VIEW_OF(p, seq), seq)] = NONE;
    d_step {
      marked[PAGE(p, VIEW_OF(p, seq), seq)] = false;
      second[p] = second[p] & ~BIT(seq); UNLOCK(p) }
#endif
  :: else ->
    second[p] = second[p] & ~BIT(seq);
#endif
    /* Release order: the writer that sees this pin overwrites what was read before it. */
    d_step {
      in_ring[p] = in_ring[p] & ~BIT(seq);
#ifndef M_RELEASE_RELAXED
      looks[p] = looks[p] & ~BIT(seq);
#endif
      lim = departed[p];
      if :: !departed[p] -> store_pin(p); sp(release_pin) :: else fi
    }
    UNLOCK(p)
#ifdef M_RELEASE_RELAXED
    looks[p] = looks[p] & ~BIT(seq);
#endif
#ifndef M_RELEASE_SILENT
    if
    :: lim == 0 -> wake_writer_to_limit(p)
    :: lim != 0
    fi;
#endif
    lim = 0;
    LOCK(p)
    if
    :: detached[p] && !departed[p] && in_ring[p] == 0 ->
      LOCK_MEMBERSHIP(p);
      departed[p] = true;
      leave_entry(p);
      member_lock = 0
    :: else
    fi;
    UNLOCK(p)
#ifdef EVACUATION
  fi
#endif
}

#ifdef EVACUATION
proctype evacuator(byte p) WHILE_READER_LIVES(p) {
  byte s, lim;
  do
#ifdef M_DRAIN_AFTER_LOOK
  :: evacuator_bell[entry_of[p]] ->
#else
  :: d_step { evacuator_bell[entry_of[p]] -> evacuator_bell[entry_of[p]] = false }
#endif
    LOCK(p)
    do
    :: departed[p] || in_ring[p] == 0 -> break
    :: d_step { !departed[p] && in_ring[p] != 0 -> s = LOWEST(in_ring[p]) }
      if
      :: d_step { s >= evict_below[entry_of[p]] -> s = 0 } ; break
      :: d_step { s < evict_below[entry_of[p]] ->
          moving[p] = moving[p] | BIT(s);
#ifndef M_NO_MARK
          marked[PAGE(p, VIEW_OF(p, s), s)] = true;
#endif
          UNLOCK(p) }
      fi;
#ifdef M_PIN_BEFORE_COPY
      d_step { in_ring[p] = in_ring[p] & ~BIT(s); store_pin(p) }
#endif
      d_step { assert(SEEN(p, VIEW_OF(p, s), s) == s); sp(evacuate_copy) }
      LOCK(p)
#ifdef REFUSES
      if
      :: skip
      :: d_step { refusals < REFUSES && (given_back[p] & BIT(s)) == 0 ->
          refusals++;
          marked[PAGE(p, VIEW_OF(p, s), s)] = false;
          moving[p] = moving[p] & ~BIT(s);
          s = 0 }
        /* To be tried again after a while. */
        evacuator_bell[entry_of[p]] = true;
        break
      fi;
#endif
#ifdef M_PIN_BEFORE_REMAP
      d_step { in_ring[p] = in_ring[p] & ~BIT(s); store_pin(p) }
#endif
      d_step {
        if
        :: (given_back[p] & BIT(s)) != 0 ->
          given_back[p] = given_back[p] & ~BIT(s);
          marked[PAGE(p, VIEW_OF(p, s), s)] = false;
          second[p] = second[p] & ~BIT(s)
        :: else ->
          shows[PAGE(p, VIEW_OF(p, s), s)] = s;
          moved[p] = moved[p] | BIT(s);
          sp(evacuate_remap)
        fi;
        moving[p] = moving[p] & ~BIT(s);
        in_ring[p] = in_ring[p] & ~BIT(s);
        looks[p] = looks[p] & ~BIT(s);
        s = 0
      }
      d_step { if :: !departed[p] -> store_pin(p) :: else fi }
#ifndef M_EVACUATE_SILENT
      wake_writer_to_limit(p)
#endif
    od;
    if
    :: detached[p] && !departed[p] && in_ring[p] == 0 ->
      LOCK_MEMBERSHIP(p);
      departed[p] = true;
      leave_entry(p);
      member_lock = 0
    :: else
    fi;
    UNLOCK(p)
#ifdef M_DRAIN_AFTER_LOOK
    evacuator_bell[entry_of[p]] = false
#endif
  od
}
#endif
