/* Leases that are kept for ever: the evacuator moves them, the writer never waits for a holder. */
#define POLICY BLOCK
#define READERS 1
#define HELD 2
#define EVACUATION
#include "model.pml"
