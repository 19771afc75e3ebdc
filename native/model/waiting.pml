/* The flags of both sides: two readers and the writer sleep, wake each other, drain and end. No time slice helps. */
#define POLICY BLOCK
#define HELD 0
#define DRAIN
#include "model.pml"
