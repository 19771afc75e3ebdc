/* Two readers join and leave at any time, earliest or latest, or fail to join: where they start, what is kept when
 * nobody reads, who wakes the writer.
 */
#define POLICY BLOCK
#define HELD 0
#define SLOTS 1
#define LAST 2
#define JOINS
#define LEAVES
#define BAD_START
#define READERS_SPIN
#include "model.pml"
