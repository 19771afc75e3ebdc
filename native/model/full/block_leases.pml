/* Policy "block" with more of everything: two readers that hold two leases each, three slots. */
#define POLICY BLOCK
#define HELD 2
#define SLOTS 3
#define LAST 4
#define READERS_SPIN
#include "../model.pml"
