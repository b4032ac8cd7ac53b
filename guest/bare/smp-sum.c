// A parallel sum over an array at the start of free memory. Each vCPU fills a slice, waits for all, and sums the slice of its
// neighbour: what one vCPU stored, another loads. Boot `elf64`.
#include "barrier.h"

#define LENGTH 4096

static struct barrier barrier;
static u64 total;

static u64 slice_start(u64 slice, u64 slices)
{
    return LENGTH * slice / slices;
}

void main(const struct boot_state *state)
{
    u64 *array = (u64 *)state->rdi;
    u64 me = state->r8, vcpus = state->r9;
    u64 neighbour = me + 1 == vcpus ? 0 : me + 1;
    u32 sense = 0;
    u64 sum = 0;

    for (u64 i = slice_start(me, vcpus); i < slice_start(me + 1, vcpus); i++)
        array[i] = i + 1;
    barrier_wait(&barrier, vcpus, &sense);
    for (u64 i = slice_start(neighbour, vcpus); i < slice_start(neighbour + 1, vcpus); i++)
        sum += array[i];
    __atomic_fetch_add(&total, sum, __ATOMIC_RELAXED);
    if (me != 0)
        leave(0);

    int failed = others_failed(vcpus);
    conclude("smp-sum", "sum", total, failed || total != LENGTH * (LENGTH + 1UL) / 2);
}
