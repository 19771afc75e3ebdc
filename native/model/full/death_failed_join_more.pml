/* A reader dies, and the next one takes its entry but fails to join: what the dead one had read may go, the rest is
 * kept.
 */
#define POLICY BLOCK
#define HELD 0
#define ENTRIES 1
#define SLOTS 2
#define LAST 3
#define JOINS
#define LEAVES
#define BAD_START
#define READERS_SPIN
#define DEATHS 1
#define KILL_READERS
#include "../model.pml"
