/* The flags, where leases given back by another thread are what the writer waits for. */
#define POLICY BLOCK
#define READERS 1
#define HELD 2
#define HOLDER
#define SLOTS 3
#define LAST 5
#define LARGE_BATCHES
#include "../model.pml"
