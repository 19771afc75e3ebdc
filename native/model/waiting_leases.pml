/* The flags, where leases given back by another thread are what the writer waits for. */
#define POLICY BLOCK
#define READERS 1
#define HELD 2
#define HOLDER
#define SLOTS 2
#define LAST 4
#define LARGE_BATCHES
#include "model.pml"
