/* Leases that another thread gives back while they are being moved, and moves ahead of need. */
#define POLICY BLOCK
#define READERS 1
#define EVACUATION
#define HOLDER
#define AHEAD
#define LAST 3
#include "model.pml"
