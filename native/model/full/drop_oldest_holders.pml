/* Policy "drop-oldest": two readers that hold leases and may stop reading, and batches of several sizes. */
#define POLICY DROP_OLDEST
#define EVACUATION
#define LAST 3
#define SLOW
#define LARGE_BATCHES
#define READERS_SPIN
#include "../model.pml"
