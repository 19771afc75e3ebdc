/* One entry that readers use in turn, and a writer that reclaims more than it needs and waits until all is read. */
#define POLICY BLOCK
#define HELD 0
#define ENTRIES 1
#define SLOTS 2
#define LAST 3
#define JOINS
#define LEAVES
#define BAD_START
#define AHEAD
#define DRAIN
#include "model.pml"
