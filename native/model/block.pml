/* Policy "block": two readers, both take leases and give them back in any order. Nothing is lost, nothing is
 * overwritten that somebody looks at.
 */
#define POLICY BLOCK
#define READERS_SPIN
#include "model.pml"
