/* Everything, put together by a check: it defines what takes part and includes this. */
#include "arena.pml"
#include "leases.pml"
#include "reclaimer.pml"
#include "writer.pml"
#include "membership.pml"
#include "reader.pml"

#ifdef DEATHS
/* Stops a process between any two of its steps. The kernel drops what it held. */
proctype killer() {
  byte p;
  do
  :: deaths_left == 0 -> break
#ifdef KILL_READERS
  :: atomic { deaths_left > 0 ->
      !reader_dead[p] && !reader_done[p]; /* reader 0: they differ in nothing but who holds leases */
      deaths_left--; reader_dead[p] = true; death_news = true;
      if :: entry_lock[entry_of[p]] == 1 + p -> entry_lock[entry_of[p]] = 0 :: else fi;
      if :: member_lock == 1 + p -> member_lock = 0 :: else fi;
      looks[p] = 0;
      /* Who dies before it is live has read nothing. */
      if :: entry[entry_of[p]] != JOINING -> ghost_leave(p) :: else -> attached[p] = false fi }
#endif
#ifdef KILL_WRITER
  :: atomic { deaths_left > 0 && !writer_dead && !writer_done ->
      deaths_left--; writer_dead = true; writer_lock = false;
      if :: member_lock == 1 + WRITER_PARTY -> member_lock = 0 :: else fi }
#endif
  od
}
#endif

/* PROGRESS. When nothing moves any more, everybody is done or dead: nobody sleeps while what it waits for is there.
 * A reader that was there to the end has everything, delivered or reported lost, and knows how it ended.
 */
#define SAW_ALL(p) (idles[p] || IS_DEAD(p) || ended[p] == 0 || \
                    expected[p] == published && (delivered[p] | lost[p]) == BELOW(published) && \
                    (ended[p] == ENDED) == (state == ENDED))
/* For space: until somebody comes to read. For the end: until anybody ever came. */
#define WRITER_MAY_WAIT (draining -> joins == 0 : NOBODY_ATTACHED && wanted > keep)

proctype watch() {
  timeout;
  assert(writer_done || WRITER_IS_DEAD || WRITER_MAY_WAIT);
  assert(reader_done[0] || IS_DEAD(0) || !(writer_done || WRITER_IS_DEAD));
  assert(SAW_ALL(0));
#if READERS > 1
  assert(reader_done[1] || IS_DEAD(1) || !(writer_done || WRITER_IS_DEAD));
  assert(SAW_ALL(1));
#endif
}

init {
  atomic {
    byte k;
#ifndef JOINS
    for (k : 0 .. READERS - 1) {
      entry[k] = LIVE; entry_lock[k] = 1 + k; entry_of[k] = k; attached[k] = true
    }
    in_use = READERS; joins = READERS;
#endif
    run writer();
    for (k : 0 .. READERS - 1) {
#ifdef EVACUATION
      if :: k < TAKERS -> run evacuator(k) :: else fi;
#endif
#ifdef HOLDER
      run holder(k);
#endif
      run reader(k)
    }
#ifdef DEATHS
    run killer();
#endif
    run watch()
  }
}
