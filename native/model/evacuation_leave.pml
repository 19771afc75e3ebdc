/* A reader that closes with leases held: its entry stays until they are moved. */
#define POLICY BLOCK
#define READERS 1
#define HELD 2
#define EVACUATION
#define LEAVES
#define LAST 3
#include "model.pml"
