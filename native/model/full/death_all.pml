/* The writer and a reader die, in either order, while readers join, leave, sleep and wake. */
#define POLICY BLOCK
#define HELD 0
#define SLOTS 1
#define LAST 2
#define JOINS
#define LEAVES
#define DEATHS 2
#define KILL_READERS
#define KILL_WRITER
#include "../model.pml"
