// playground.S for a machine that maps only its first 2 MiB, in 4 KiB pages: the registers are inside that map, where no region
// has memory.
#define REGISTER_BANK 0x1f0000
#include "playground.S"
