/* Policies "drop-newest" and "error": the writer goes on at once, with this batch or with the next. */
#define POLICY ERROR
#define HELD 1
#define TAKERS 1
#define TRIES 2
#define LAST 3
#define READERS_SPIN
#include "model.pml"
