/* The writer dies between any two steps: the readers get all that was published, and know. */
#define POLICY BLOCK
#define HELD 0
#define SLOTS 1
#define LAST 2
#define DEATHS 1
#define KILL_WRITER
#include "model.pml"
