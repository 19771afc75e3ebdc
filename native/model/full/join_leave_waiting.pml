/* Joining and leaving while writer and readers sleep and wake each other, drain and end. */
#define POLICY BLOCK
#define HELD 0
#define SLOTS 2
#define LAST 3
#define JOINS
#define LEAVES
#define BAD_START
#define DRAIN
#include "../model.pml"
