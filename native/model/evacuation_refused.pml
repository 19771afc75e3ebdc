/* The kernel refuses once to move pages; the lease stays in the ring and is moved later. */
#define POLICY BLOCK
#define READERS 1
#define HELD 2
#define EVACUATION
#define REFUSES 1
#define LAST 3
#include "model.pml"
