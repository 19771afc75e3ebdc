/* Creating an arena under a name, taking the name over from a writer that is gone, and closing and attaching
 * meanwhile: segment/segment.cpp, segment/file.cpp. A segment is a number; locks belong to segments; the name
 * leads to one at most. Two creators, one of which may die anywhere; the old arena's last reader, which closes;
 * and a reader that attaches.
 */
#define sp(step) printf(#step)

#define OLD 1 /* its writer is dead, its name is still there */
#define SEGMENTS 8
#define LEAVER 2
#define ATTACHER 3

byte name = OLD; /* the segment that it leads to; 0: none */
byte segments = OLD;
byte writer_lock[SEGMENTS]; /* 0, or 1 + party */
byte member_lock[SEGMENTS];
bool reader_lock = true; /* of the old arena's reader */
bool dead[2];

/* Ghosts */
bool made[SEGMENTS]; /* had a name and a live writer at once */
byte writing[2]; /* the segment of a creator that has succeeded */
bool leaver_done, attacher_done;

#define UNLOCK(lock, party) if :: lock == 1 + (party) -> lock = 0 :: else fi

proctype creator(byte p) provided (!dead[p]) {
  byte old, mine;

again:
  /* DeadArena::claim: open, lock its writer's byte, then see whether the name still leads there. */
  atomic { old = name; if :: old == 0 -> goto make :: else fi }
  if
  :: d_step { writer_lock[old] == 0 -> writer_lock[old] = 1 + p }
  :: writer_lock[old] != 0 ->
    if
    :: name != old -> goto again
    :: name == old ->
      /* writer_exists: its caller creates again when the other has died. */
      dead[1 - p];
      goto again
    fi
  fi;
#ifndef M_CLAIM_WITHOUT_MEMBERSHIP
  d_step { member_lock[old] == 0 -> member_lock[old] = 1 + p }
#endif
#ifndef M_NAME_UNCHECKED
  if
  :: d_step { name != old -> writer_lock[old] = 0; UNLOCK(member_lock[old], p); old = 0 } ; goto again
  :: name == old
  fi;
#endif
  d_step { UNLOCK(member_lock[old], p) }

make:
  atomic { segments++; mine = segments; sp(create_sized) }
#ifndef M_NAME_BEFORE_LOCK
  d_step { writer_lock[mine] = 1 + p; sp(create_locked) }
#endif
  /* DeadArena::remove */
  if
  :: old == 0
  :: old != 0 ->
#ifdef M_LET_GO_BEFORE_REMOVAL
    writer_lock[old] = 0;
#endif
#ifdef M_NAME_UNCHECKED
    name = 0;
#else
    if
    :: name == old -> name = 0
    :: name != old
    fi;
#endif
    d_step { writer_lock[old] = 0; sp(create_unlinked) }
  fi;
  if
  :: d_step { name == 0 -> name = mine; sp(create_named); made[mine] = (writer_lock[mine] == 1 + p) }
  :: d_step { name != 0 -> writer_lock[mine] = 0; mine = 0; old = 0 } ; goto again
  fi;
#ifdef M_NAME_BEFORE_LOCK
  d_step { writer_lock[mine] = 1 + p; made[mine] = true }
#endif
  /* One name, one writer. */
  d_step {
    writing[p] = mine;
    assert(writing[1 - p] == 0 || dead[1 - p])
  }
}

/* LeaseTable::detach: the last who closes removes the name. */
proctype leaver() {
  d_step { member_lock[OLD] == 0 -> member_lock[OLD] = 1 + LEAVER }
  reader_lock = false;
  if
#ifdef M_LEAVER_IGNORES_WRITER
  :: skip ->
#else
  :: writer_lock[OLD] != 0
  :: writer_lock[OLD] == 0 ->
#endif
    if
#ifdef M_LEAVER_IGNORES_NAME
    :: name = 0
#else
    :: name == OLD -> name = 0
    :: name != OLD
#endif
    fi
  fi;
  member_lock[OLD] = 0;
  leaver_done = true
}

proctype attacher() {
  byte segment;
again:
  atomic { segment = name; if :: segment == 0 -> goto finished :: else fi }
  d_step { member_lock[segment] == 0 -> member_lock[segment] = 1 + ATTACHER }
  if
  :: d_step { name != segment -> member_lock[segment] = 0; segment = 0 } ; goto again
  :: name == segment
  fi;
  /* Never a half-made arena. */
  d_step { assert(segment == OLD || made[segment]); member_lock[segment] = 0 }
finished:
  attacher_done = true
}

proctype killer() {
  byte p, k;
  if
  :: skip
  :: atomic {
      select(p : 0 .. 1);
      dead[p] = true;
      for (k : 1 .. SEGMENTS - 1) {
        UNLOCK(writer_lock[k], p);
        UNLOCK(member_lock[k], p)
      } }
  fi
}

/* When nothing moves any more: whoever lives and writes has the name, and if nobody writes, it is because the
 * writers have died.
 */
proctype watch() {
  timeout;
  assert(leaver_done && attacher_done);
  assert(dead[0] || writing[0] == 0 || name == writing[0]);
  assert(dead[1] || writing[1] == 0 || name == writing[1]);
  assert(dead[0] || writing[0] != 0 || writing[1] != 0 && !dead[1]);
  assert(dead[1] || writing[1] != 0 || writing[0] != 0 && !dead[0])
}

init {
  atomic {
    made[OLD] = true;
    run creator(0);
    run creator(1);
    run leaver();
    run attacher();
    run killer();
    run watch()
  }
}
