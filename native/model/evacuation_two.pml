/* Two readers, one of which holds leases. */
#define POLICY BLOCK
#define TAKERS 1
#define EVACUATION
#define LAST 3
#define READERS_SPIN
#include "model.pml"
