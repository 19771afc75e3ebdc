/* Policy "drop-oldest": readers join, leave, fail to join and stop reading. */
#define POLICY DROP_OLDEST
#define HELD 0
#define LAST 3
#define JOINS
#define LEAVES
#define BAD_START
#define SLOW
#define READERS_SPIN
#include "../model.pml"
