/* Policy "drop-oldest": a reader dies between pin and claim, or anywhere else. */
#define POLICY DROP_OLDEST
#define HELD 0
#define SLOTS 1
#define LAST 2
#define READERS_SPIN
#define DEATHS 1
#define KILL_READERS
#include "model.pml"
