/* A reader process dies while its evacuator moves a lease, or its writer does. */
#define POLICY BLOCK
#define READERS 1
#define EVACUATION
#define LAST 3
#define LEAVES
#define DEATHS 1
#define KILL_READERS
#define KILL_WRITER
#define READERS_SPIN
#include "model.pml"
