/* Policy "drop-oldest": a reader that joins while the writer skips others. */
#define POLICY DROP_OLDEST
#define HELD 0
#define SLOTS 1
#define LAST 2
#define JOINS
#define SLOW
#define READERS_SPIN
#include "model.pml"
