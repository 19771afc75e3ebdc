/* Policy "drop-oldest" with batches that need the space of several: the writer skips a reader further than to the
 * next batch, waits for pins, gives up and claims less or more, and aborts claims.
 */
#define POLICY DROP_OLDEST
#define READERS 1
#define SLOTS 3
#define LAST 5
#define SLOW
#define LARGE_BATCHES
#define GIVES_UP 1
#define ABORTS 2
#define HELD 0
#include "model.pml"
