/* A reader dies while it joins, reads or leaves; the next one takes its entry. */
#define POLICY BLOCK
#define HELD 0
#define ENTRIES 1
#define SLOTS 1
#define LAST 2
#define JOINS
#define LEAVES
#define READERS_SPIN
#define DEATHS 1
#define KILL_READERS
#include "model.pml"
