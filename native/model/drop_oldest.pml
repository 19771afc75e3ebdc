/* Policy "drop-oldest": two readers, either of which may stop reading. */
#define POLICY DROP_OLDEST
#define HELD 0
#define LAST 3
#define SLOW
#define READERS_SPIN
#include "model.pml"
