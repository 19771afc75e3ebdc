/* Two readers, both of which hold leases, sleep and are woken. */
#define POLICY BLOCK
#define EVACUATION
#define LAST 3
#include "../model.pml"
