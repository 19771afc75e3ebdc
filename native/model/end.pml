/* As waiting.pml, but the writer keeps its lock after the end: who sleeps then is woken by the end itself. */
#define POLICY BLOCK
#define HELD 0
#define LAST 2
#define LINGERS
#include "model.pml"
