/* The words of an arena as the protocol uses them (native/core/layout/arena.hpp), what the kernel knows of its
 * parties, and the ghosts that the properties are stated in. One step of the model is one atomic access of the
 * C++, sequentially consistent unless a comment says otherwise.
 *
 * sp() stands where the C++ calls sync_point(), with the same name; it does nothing but name the step in a
 * trail.
 */
#define sp(name) printf(#name)

#define MIN(a, b) ((a) < (b) -> (a) : (b))
#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define BIT(n) (1 << (n))
#define BELOW(n) (BIT(n) - 1)

/* Sizes that a check may set before it includes this. */
#ifndef READERS
#define READERS 2 /* reader processes */
#endif
#ifndef ENTRIES
#define ENTRIES READERS /* of the reader table */
#endif
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef LAST
#define LAST 4 /* batches to write; below 8, because sets of sequences are bytes */
#endif
#ifndef HELD
#define HELD 1 /* leases that a reader holds at once */
#endif

#ifndef TAKERS
#define TAKERS READERS /* reader processes that take leases */
#endif

#define BLOCK 0
#define DROP_OLDEST 1
#define DROP_NEWEST 2
#define ERROR 3
#ifndef POLICY
#define POLICY BLOCK
#endif

#define NONE 255 /* kNoPin; also "no sequence" */

#define OPEN 1
#define ENDED 2

#define FREE 0
#define JOINING 1
#define LIVE 2
#define LEAVING 3

/* PublishLine, ReclaimLine, wait lines */
byte published;
byte state = OPEN;
byte oldest;
byte floor;
byte departures;
byte joins;
byte in_use; /* readers_in_use */
byte waiting; /* one bit per entry */
byte wanted;
bool writer_bell; /* semaphore or FIFO: rung or not. More rings only wake more often. */

/* ReaderEntry */
byte cursor[ENTRIES];
byte pin[ENTRIES] = NONE;
byte entry[ENTRIES]; /* its state */
byte evict_below[ENTRIES];
bool reader_bell[ENTRIES];

/* The slot table and the data ring, as memory shows them: sequence `s` has slot and bytes s % SLOTS. */
byte slot[SLOTS] = NONE;
byte bytes[SLOTS] = NONE;
#define TORN 254

/* Kernel: advisory locks. A death drops them. */
byte member_lock; /* 0, or 1 + party */
bool writer_lock = true;
byte entry_lock[ENTRIES]; /* 0, or 1 + party */
#define WRITER_PARTY READERS
#define LOCK_MEMBERSHIP(p) d_step { member_lock == 0 -> member_lock = 1 + (p) }

/* Reader processes: what lies in their own memory but is shared by their threads (LeaseTable). */
byte in_ring[READERS]; /* sequences leased in the ring */
byte peeked[READERS] = NONE;
byte entry_of[READERS];
bool detached[READERS];
bool departed[READERS];

/* Ghosts */
byte reclaimed; /* sequences below are the writer's: the writer's own word, here for all to assert on */
byte looks[READERS]; /* sequences whose bytes in the ring this process has a right to look at */
byte expected[READERS]; /* next sequence to be read */
bool attached[READERS];
byte keep; /* while nobody is attached: what the last reader that departed or died had read up to */
byte delivered[READERS]; /* sets of sequences */
byte lost[READERS];
byte skipped[ENTRIES]; /* how many the writer took from the reader of this entry */
bool writer_done;
bool draining; /* it waits until all is read */
bool reader_done[READERS];
byte ended[READERS]; /* how the stream ended for it: ENDED, NONE for a dead writer, 0 if it went before */
bool idles[READERS]; /* alive, but reads no more: legal for a slow reader */

/* Death: a separate process stops a party between any two steps, and the kernel drops its locks. */
#ifdef DEATHS
byte deaths_left = DEATHS;
bool writer_dead;
bool reader_dead[READERS];
bool death_news; /* since the writer last slept: its next time slice finds what the dead left */
#define WHILE_WRITER_LIVES provided (!writer_dead)
#define WHILE_READER_LIVES(p) provided (!reader_dead[p])
#else
#define WHILE_WRITER_LIVES
#define WHILE_READER_LIVES(p)
#endif
#ifdef DEATHS
#define IS_DEAD(p) reader_dead[p]
#define WRITER_IS_DEAD writer_dead
#else
#define IS_DEAD(p) false
#define WRITER_IS_DEAD false
#endif

#if defined(JOINS) || defined(LEAVES) || defined(KILL_READERS)
#define ENTRIES_CHANGE
#endif

/* An entry whose reader is dead, as the writer's time slices find it sooner or later. */
#define UNREAPED(i) (entry[i] != FREE && entry_lock[i] == 0)
#if ENTRIES == 1
#define DEAD_ENTRY UNREAPED(0)
#else
#define DEAD_ENTRY (UNREAPED(0) || UNREAPED(1))
#endif

#if READERS == 1
#define LOOKS looks[0]
#define NOBODY_ATTACHED (!attached[0])
#else
#define LOOKS (looks[0] | looks[1])
#define NOBODY_ATTACHED (!attached[0] && !attached[1])
#endif

/* SAFETY. What is the writer's, nobody has a right to look at; and what an attached reader has not read, or the
 * last reader that departed had not, is not the writer's (unless it drops the oldest).
 */
inline assert_reclaim_is_safe() {
  assert((LOOKS & BELOW(reclaimed)) == 0);
#if POLICY != DROP_OLDEST
  assert(!attached[0] || reclaimed <= expected[0]);
#if READERS > 1
  assert(!attached[1] || reclaimed <= expected[1]);
#endif
  assert(!NOBODY_ATTACHED || reclaimed <= keep);
#endif
}

/* Ghost: p reads no more. If it was the last, what it had not read is to be kept. */
inline ghost_leave(p) {
  if
  :: attached[p] ->
    attached[p] = false;
    if :: NOBODY_ATTACHED -> keep = expected[p] :: else fi
  :: else
  fi
}
