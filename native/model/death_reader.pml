/* A reader dies between any two steps, beside one that reads, leaves or holds leases. */
#define POLICY BLOCK
#define TAKERS 1
#define SLOTS 1
#define LAST 2
#define LEAVES
#define READERS_SPIN
#define DEATHS 1
#define KILL_READERS
#include "model.pml"
