// Self-relocation of a static-pie. Runs before any address in memory is right, so it may use none.
#include "ulib.h"

#define DT_RELA            7
#define DT_RELASZ          8
#define R_X86_64_RELATIVE  8

struct dynamic {
    long tag;
    unsigned long value;
};

struct rela {
    unsigned long offset, info;
    long addend;
};

void relocate(const struct dynamic *dynamic, unsigned long base)
{
    const struct rela *rela = NULL;
    unsigned long bytes = 0;

    for (; dynamic->tag; dynamic++) {
        if (dynamic->tag == DT_RELA)
            rela = (const struct rela *)(base + dynamic->value);
        else if (dynamic->tag == DT_RELASZ)
            bytes = dynamic->value;
    }
    for (; bytes; bytes -= sizeof(*rela), rela++) {
        if (rela->info != R_X86_64_RELATIVE)
            exit(127);
        *(unsigned long *)(base + rela->offset) = base + rela->addend;
    }
}
