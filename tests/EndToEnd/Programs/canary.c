// Looks for what an earlier run of itself may have left in the machine, leaves the same, and prints its random bytes. Exits
// with the number of the first place where it found something.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAPPED (4 << 20)
#define HEAP   (1 << 20)
#define STACK  (128 << 10)

// Made at run time, so that the program's own text is not taken for it.
static uint64_t canary(void)
{
    volatile uint32_t half = 0xF00DCAFE;
    return (uint64_t)~half << 32 | half;
}

static int holds(const void *bytes, size_t size)
{
    uint64_t wanted = canary();
    const uint64_t *words = bytes;
    for (size_t i = 0; i < size / sizeof(*words); i++)
        if (words[i] == wanted)
            return 1;
    return 0;
}

static void fill(void *bytes, size_t size)
{
    uint64_t *words = bytes;
    for (size_t i = 0; i < size / sizeof(*words); i++)
        words[i] = canary();
}

// XMM8 to XMM15, which nothing between the program's start and here needs, and the upper halves of YMM0 to YMM15.
static int registers_hold_it(void)
{
    static uint64_t low[16], high[32];
    asm volatile("movups %%xmm8, 0(%0)\n movups %%xmm9, 16(%0)\n movups %%xmm10, 32(%0)\n movups %%xmm11, 48(%0)\n"
                 "movups %%xmm12, 64(%0)\n movups %%xmm13, 80(%0)\n movups %%xmm14, 96(%0)\n movups %%xmm15, 112(%0)\n" :: "r"(low) : "memory");
    if (__builtin_cpu_supports("avx"))
        asm volatile("vextractf128 $1, %%ymm8, 0(%0)\n vextractf128 $1, %%ymm9, 16(%0)\n vextractf128 $1, %%ymm10, 32(%0)\n"
                     "vextractf128 $1, %%ymm11, 48(%0)\n vextractf128 $1, %%ymm12, 64(%0)\n vextractf128 $1, %%ymm13, 80(%0)\n"
                     "vextractf128 $1, %%ymm14, 96(%0)\n vextractf128 $1, %%ymm15, 112(%0)\n" :: "r"(high) : "memory");
    return holds(low, sizeof(low)) || holds(high, sizeof(high));
}

static void fill_registers(void)
{
    static uint64_t words[4];
    fill(words, sizeof(words));
    if (__builtin_cpu_supports("avx"))
        asm volatile("vmovups (%0), %%ymm8\n vmovups (%0), %%ymm9\n vmovups (%0), %%ymm10\n vmovups (%0), %%ymm11\n"
                     "vmovups (%0), %%ymm12\n vmovups (%0), %%ymm13\n vmovups (%0), %%ymm14\n vmovups (%0), %%ymm15\n"
                     :: "r"(words) : "memory", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    else
        asm volatile("movups (%0), %%xmm8\n movups (%0), %%xmm9\n movups (%0), %%xmm10\n movups (%0), %%xmm11\n"
                     "movups (%0), %%xmm12\n movups (%0), %%xmm13\n movups (%0), %%xmm14\n movups (%0), %%xmm15\n"
                     :: "r"(words) : "memory", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

static __attribute__((noinline)) int stack_holds_it(void)
{
    volatile char bytes[STACK] __attribute__((aligned(8)));
    int found = holds((void *)bytes, sizeof(bytes));
    fill((void *)bytes, sizeof(bytes));
    return found;
}

int main(void)
{
    if (registers_hold_it())
        return 1;
    if (stack_holds_it())
        return 2;
    void *mapped = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED || holds(mapped, MAPPED))
        return 3;
    void *heap = sbrk(HEAP);
    if (heap == (void *)-1 || holds(heap, HEAP))
        return 4;
    char folder[256];
    if (!getcwd(folder, sizeof(folder)) || strcmp(folder, "/"))
        return 5;
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) || limit.rlim_cur == 12345)
        return 6;
    if (umask(077) == 077)
        return 7;
    if (open("/bin", O_RDONLY | O_DIRECTORY) != 3)
        return 8;
    char first = 0;
    if (read(0, &first, 1) != 1 || first != 'F')
        return 9;

    const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
    for (int i = 0; i < 16; i++)
        printf("%02x", random[i]);
    puts("");
    fflush(stdout);
    fill(mapped, MAPPED);
    fill(heap, HEAP);
    limit.rlim_cur = 12345;
    setrlimit(RLIMIT_CORE, &limit);
    chdir("/bin");
    fill_registers();
    _exit(0);
}
