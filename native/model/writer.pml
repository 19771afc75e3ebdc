/* The writer: ring/writer.cpp. One load or store of a shared word per step. */

#ifdef READERS_SPIN
#define wake_readers() skip
#else
inline wake_readers() {
  if
#ifdef JOINS
  :: in_use == 0
#endif
  :: waiting == 0
#ifdef M_WAKE_LOADS_THEN_CLEARS
  :: d_step { waiting != 0 -> bits = waiting }
    waiting = 0;
#else
  :: d_step { waiting != 0 -> bits = waiting; waiting = 0; sp(wake_readers) }
#endif
    do
    :: d_step { bits != 0 ->
        do
        :: (bits & BIT(i)) != 0 -> break
        :: else -> i++
        od;
        bits = bits & ~BIT(i); reader_bell[i] = true }
    :: d_step { bits == 0 -> i = 0 } ; break
    od
  fi
}

#endif

/* RingWriter::sleep. A time slice is worth something only after a death. */
inline writer_sleep() {
  if
  :: d_step { writer_bell -> writer_bell = false; sp(writer_wait_sleep) }
#ifdef M_WRITER_SPINS
  :: skip
#endif
#ifdef DEATHS
#ifdef M_DEAD_NEVER_REAPED
  /* A slice that changes nothing comes again for ever; here once, so that the stall shows. */
  :: d_step { death_news -> death_news = false }
#else
  :: d_step { (death_news || DEAD_ENTRY) && member_lock == 0 -> death_news = false }
#endif
#endif
  fi;
  wanted = 0
}

#ifdef DRAIN
/* RingWriter::drained, with need_reader. */
inline drained() {
  if
  :: joins == 0
  :: else ->
    LOAD_IN_USE;
    do
    :: d_step { i < n -> att = (att || entry[i] == LIVE || entry[i] == JOINING); i++ }
    :: d_step { i >= n -> i = 0; n = 0 } ; break
    od;
    if
    :: d_step { !att -> ok = true }
    :: atomic { att -> att = false; LOAD_IN_USE; low = next }
      /* lowest_unread */
      do
      :: d_step { i < n && s == FREE ->
          s = entry[i];
          if
          :: s == FREE || s == LEAVING -> s = FREE; i++
          :: s == JOINING -> low = MIN(low, reclaimed); att = true; s = FREE; i++
          :: s == LIVE
          fi }
      :: d_step { s == LIVE -> low = MIN(low, CLAMP(cursor[i])); att = true; s = FREE; i++ }
      :: d_step { i >= n ->
          i = 0; n = 0;
          ok = ((att -> low : MIN(MAX(floor, reclaimed), next)) >= next);
          low = 0; att = false } ; break
      od
    fi
  fi
}
#endif

proctype writer() WHILE_WRITER_LIVES {
  byte next, needed, lowest, target;
  byte n, i, s, c, q, f, d, low, bits, tries;
  bool att, ok, armed;

next_batch:
  if
  :: next == LAST -> goto finish
  :: atomic { next < LAST ->
      /* What the batch overwrites: at least the one whose slot it takes. */
      needed = (next >= SLOTS -> next - SLOTS + 1 : 0);
#ifdef LARGE_BATCHES
      do
      :: needed < next -> needed++
      :: break
      od
#endif
    }
  fi;

reclaim:
  if
  :: needed <= reclaimed -> goto claimed
  :: else
  fi;
  limit(lowest);
#if POLICY == DROP_OLDEST
  if
  :: d_step { lowest < needed -> lowest = 0; oldest = needed; sp(claim_announce) }
    skip_slow_readers();
#ifdef M_NO_SCAN_AFTER_SKIP
    lowest = needed
#else
    limit(lowest)
#endif
  :: else
  fi;
#endif
  if
  :: d_step { lowest < needed -> lowest = 0 }
#ifdef EVACUATION
    request_evictions(needed);
#endif
    goto blocked
  :: atomic { lowest >= needed ->
      target = needed;
#ifdef AHEAD
      do
      :: target < lowest -> target++
      :: break
      od;
#endif
      lowest = 0;
      /* Joiners start at `oldest` or above: announce first, then look again at who is there. */
#if !defined(M_NO_ANNOUNCE) && !defined(M_ANNOUNCE_RELEASE)
      oldest = target; sp(claim_announce)
#endif
    }
  fi;
#ifdef M_NO_SECOND_SCAN
  lowest = target;
#else
  limit(lowest);
#endif
#ifdef M_ANNOUNCE_RELEASE
  oldest = target;
#endif
  atomic {
    reclaimed = MAX(reclaimed, MIN(target, lowest));
    sp(claim_reclaim);
    lowest = 0; target = 0;
    assert_reclaim_is_safe();
#if defined(EVACUATION) && defined(AHEAD)
    /* Leases that will be in the way soon. */
    target = reclaimed;
    do
    :: target < next -> target++
    :: break
    od
  }
  request_evictions(target);
  atomic {
    target = 0;
#endif
    if
    :: needed <= reclaimed -> goto claimed
    :: else -> goto blocked
    fi
  }

blocked:
#if POLICY == DROP_NEWEST || POLICY == ERROR
#ifdef DEATHS
  reap_dead();
  if
  :: d_step { ok -> ok = false } ; goto reclaim
  :: else
  fi;
#endif
  /* The batch is not written; the next has its sequence. */
  if
  :: d_step { tries < TRIES -> tries++; needed = 0 } ; goto next_batch
  :: tries == TRIES -> goto finish
  fi;
#else
#ifdef DEATHS
#ifndef M_DEAD_NEVER_REAPED
  if
  :: !armed ->
    reap_dead();
    if
    :: d_step { ok -> ok = false } ; goto reclaim
    :: else
    fi
  :: else
  fi;
#endif
#endif
  /* arm_space: the flag, then the same attempt again, then sleep. */
  if
#ifdef GIVES_UP
  /* The deadline has passed: the next claim may be of another size. */
  :: d_step { !armed && tries < GIVES_UP -> tries++; needed = 0 } ; goto next_batch
#endif
#if defined(M_WANTED_RELEASE)
  :: d_step { !armed -> armed = true } ; goto reclaim
  :: d_step { armed -> armed = false; wanted = MAX(needed, 1) }
#elif defined(M_NO_SPACE_RECHECK)
  :: d_step { !armed -> wanted = MAX(needed, 1) }
#elif defined(M_RECHECK_SCANS_ONLY)
  :: d_step { !armed -> wanted = MAX(needed, 1) }
    limit(lowest);
    if
    :: d_step { lowest >= needed -> lowest = 0 } ; wanted = 0; goto reclaim
    :: d_step { lowest < needed -> lowest = 0 }
    fi;
#else
  :: d_step { !armed -> armed = true; wanted = MAX(needed, 1); sp(writer_wait_flag) } ; goto reclaim
  :: d_step { armed -> armed = false }
#endif
    writer_sleep();
    goto reclaim
  fi;
#endif

claimed:
  if
  :: armed -> wanted = 0; armed = false
  :: else
  fi;
progress_write:
  /* The user fills the claim. */
  atomic { sp(claim_reserved); bytes[next % SLOTS] = TORN; slot[next % SLOTS] = TORN; needed = 0 }
#ifdef ABORTS
  if
  :: d_step { tries < ABORTS -> tries++ } ; goto next_batch
  :: skip
  fi;
#endif
  /* The slot's words are relaxed stores: memory shows them now, or as late as `published` lets it. */
#ifdef M_PUBLISH_RELAXED
  published = next + 1;
  d_step { bytes[next % SLOTS] = next; slot[next % SLOTS] = next; next++ }
  wake_readers();
#elif defined(M_PUBLISH_RELEASE)
  if
  :: waiting != 0 -> ok = true
  :: else
  fi;
  atomic { bytes[next % SLOTS] = next; slot[next % SLOTS] = next; next++; published = next }
  if
  :: ok -> ok = false; wake_readers()
  :: else
  fi;
#else
  if
  :: d_step { bytes[next % SLOTS] = next; slot[next % SLOTS] = next; sp(commit_slot) }
  :: skip
  fi;
  atomic { bytes[next % SLOTS] = next; slot[next % SLOTS] = next; next++; published = next; sp(commit_publish) }
  wake_readers();
#endif
  goto next_batch;

finish:
#ifdef DRAIN
#ifdef DEATHS
  reap_dead();
  ok = false;
#endif
  atomic { wanted = MAX(next, 1); draining = true; sp(writer_wait_flag) }
  drained();
  if
  :: ok -> wanted = 0; ok = false
  :: else -> writer_sleep(); goto finish
  fi;
#endif
#ifdef M_UNLOCK_BEFORE_END
  writer_lock = false;
#endif
#ifdef M_END_RELEASE
  if
  :: waiting != 0 -> ok = true
  :: else
  fi;
  state = ENDED;
  if
  :: ok -> ok = false; wake_readers()
  :: else
  fi;
#else
  atomic { state = ENDED; sp(end_state) }
#ifndef M_END_SILENT
  wake_readers();
#endif
#endif
#ifndef LINGERS
  /* leave(): the lock last, so that who finds it free finds the end. */
  writer_lock = false;
  wake_readers();
#endif
  writer_done = true
}
