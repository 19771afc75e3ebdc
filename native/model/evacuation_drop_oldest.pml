/* Policy "drop-oldest": a reader that holds leases and stops reading. */
#define POLICY DROP_OLDEST
#define READERS 1
#define EVACUATION
#define SLOW
#define LAST 3
#define LARGE_BATCHES
#define READERS_SPIN
#include "model.pml"
