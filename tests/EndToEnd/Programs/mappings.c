// mmap, munmap, mprotect, mremap and madvise, and what each must leave in memory.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096UL
#define MIB  (1UL << 20)

static void check(const char *name, int ok)
{
    printf("%s %s\n", ok ? "ok" : "FAIL", name);
}

static char *map(void *at, size_t bytes, int prot, int flags)
{
    return mmap(at, bytes, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static int all(const char *memory, size_t bytes, char value)
{
    for (size_t i = 0; i < bytes; i++)
        if (memory[i] != value)
            return 0;
    return 1;
}

static void anonymous(void)
{
    char *a = map(NULL, 8 * MIB, PROT_READ | PROT_WRITE, 0), *b;

    check("zero", all(a, 8 * MIB, 0));
    memset(a, 1, 8 * MIB);
    check("hole", munmap(a + 3 * PAGE, PAGE) == 0);
    check("around the hole", all(a, 3 * PAGE, 1) && all(a + 4 * PAGE, 8 * MIB - 4 * PAGE, 1));
    b = map(a + 3 * PAGE, PAGE, PROT_READ | PROT_WRITE, 0);
    check("hint", b == a + 3 * PAGE && all(b, PAGE, 0));
    b = map(a + MIB, 3 * MIB, PROT_READ | PROT_WRITE, MAP_FIXED);
    check("fixed", b == a + MIB && all(b, 3 * MIB, 0) && all(a + 4 * MIB, 4 * MIB, 1));
    b = map(a, PAGE, PROT_READ, MAP_FIXED_NOREPLACE);
    check("noreplace", b == MAP_FAILED && errno == EEXIST);
    check("dontneed", madvise(a + 5 * MIB + PAGE, 2 * MIB, MADV_DONTNEED) == 0);
    check("dontneed zero", all(a + 5 * MIB + PAGE, 2 * MIB, 0) && all(a + 5 * MIB, PAGE, 1)
                           && all(a + 7 * MIB + PAGE, MIB - PAGE, 1));
    check("unmap", munmap(a, 8 * MIB) == 0);
    a = map(NULL, 8 * MIB, PROT_READ | PROT_WRITE, MAP_POPULATE);
    check("zero again", all(a, 8 * MIB, 0));
    munmap(a, 8 * MIB);
}

static void protection(void)
{
    char *a = map(NULL, 4 * MIB, PROT_NONE, MAP_NORESERVE | MAP_STACK);

    check("none to write", mprotect(a + MIB, 2 * MIB, PROT_READ | PROT_WRITE) == 0);
    memset(a + MIB, 7, 2 * MIB);
    check("read only", mprotect(a + MIB + PAGE, PAGE, PROT_READ) == 0 && all(a + MIB, 2 * MIB, 7));
    check("none", mprotect(a + MIB, MIB, PROT_NONE) == 0);
    check("back", mprotect(a + MIB, MIB, PROT_READ | PROT_WRITE) == 0 && all(a + MIB, 2 * MIB, 7));
    check("unmapped", munmap(a + 3 * MIB, PAGE) == 0
                      && mprotect(a + 3 * MIB - PAGE, 4 * PAGE, PROT_READ) == -1 && errno == ENOMEM);
    check("unaligned", mprotect(a + 1, PAGE, PROT_READ) == -1 && errno == EINVAL);
    static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };    // mov $42, %eax; ret
    char *b = map(NULL, PAGE, PROT_READ | PROT_WRITE, 0);
    memcpy(b, code, sizeof(code));
    check("execute", mprotect(b, PAGE, PROT_READ | PROT_EXEC) == 0 && ((int (*)(void))(uintptr_t)b)() == 42);
    munmap(a, 4 * MIB);
    munmap(b, PAGE);
}

static void moving(void)
{
    size_t bytes = 3 * MIB + 5 * PAGE;
    char *a = map(NULL, bytes, PROT_READ | PROT_WRITE, 0), *b;

    for (size_t i = 0; i < bytes; i += PAGE)
        *(size_t *)(a + i) = i;
    map(a + bytes, PAGE, PROT_READ, MAP_FIXED_NOREPLACE);       // in the way, unless something is already
    check("cannot grow in place", mremap(a, bytes, 2 * bytes, 0) == MAP_FAILED && errno == ENOMEM);
    b = mremap(a, bytes, 2 * bytes, MREMAP_MAYMOVE);
    check("moved", b != MAP_FAILED && b != a);
    size_t wrong = 0;
    for (size_t i = 0; i < bytes; i += PAGE)
        wrong += *(size_t *)(b + i) != i;
    check("contents", wrong == 0 && all(b + bytes, bytes, 0));
    check("shrink", mremap(b, 2 * bytes, PAGE, 0) == b && *(size_t *)b == 0);
    a = map(NULL, 4 * PAGE, PROT_READ, 0);
    check("fixed move", mremap(b, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, a + PAGE) == a + PAGE);
    check("fault", mremap(b, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED && errno == EFAULT);
    a[PAGE] = 1;
    check("still writable", a[PAGE] == 1);
}

static void file(const char *path)
{
    int fd = open(path, O_RDONLY);
    off_t size = lseek(fd, 0, SEEK_END);
    char *a = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0), *b = malloc(size);

    check("file", a != MAP_FAILED && pread(fd, b, size, 0) == size && memcmp(a, b, size) == 0);
    check("tail", all(a + size, (PAGE - size % PAGE) % PAGE, 0));
    a[0] ^= 1;
    check("private", pread(fd, b, 1, 0) == 1 && (a[0] ^ 1) == b[0]);
    munmap(a, size);
    a = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, PAGE);
    check("offset", a != MAP_FAILED && pread(fd, b, PAGE, PAGE) > 0 && memcmp(a, b, 100) == 0);
    close(fd);
    check("closed", mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED && errno == EBADF);
}

static int fails(int result, int error)
{
    return result == -1 && errno == error;
}

// Where no memory of anybody's is, as far up as addresses go.
static void high(void)
{
    char *nowhere = (char *)0x600000000000, *last = (char *)0x7fffffffe000;

    check("unmap high", munmap(nowhere, 16 * PAGE) == 0);
    check("unmap beyond", fails(munmap(last + PAGE, PAGE), EINVAL) && fails(munmap(last, 2 * PAGE), EINVAL));
    check("unmap all above", fails(munmap((void *)-PAGE, PAGE), EINVAL) && fails(munmap(nowhere, -PAGE), EINVAL));
    check("high", fails(mprotect(nowhere, PAGE, PROT_READ), ENOMEM) && fails(madvise(nowhere, PAGE, MADV_NORMAL), ENOMEM)
                  && fails(mlock(nowhere, PAGE), ENOMEM) && fails(msync(nowhere, PAGE, MS_SYNC), ENOMEM));
}

static int refused(int fd, size_t length, int prot, int type)
{
    return mmap(NULL, length, prot, type, fd, 0) == MAP_FAILED ? errno : 0;
}

static void rights(const char *path)
{
    int file = open(path, O_RDONLY), null = open("/dev/null", O_WRONLY), held = open(path, O_PATH);
    int folder = open("/", O_RDONLY | O_DIRECTORY), ends[2] = { -1, -1 };

    check("opened", file >= 0 && null >= 0 && held >= 0 && folder >= 0 && pipe(ends) == 0);
    check("write-only", refused(null, PAGE, PROT_READ, MAP_PRIVATE) == EACCES && refused(ends[1], PAGE, PROT_READ, MAP_PRIVATE) == EACCES);
    check("shared to write", refused(file, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED) == EACCES);
    check("no file to map", refused(folder, PAGE, PROT_READ, MAP_PRIVATE) == ENODEV && refused(ends[0], PAGE, PROT_READ, MAP_PRIVATE) == ENODEV);
    check("held only", refused(held, PAGE, PROT_READ, MAP_PRIVATE) == EBADF && refused(99, 0, PROT_READ, MAP_PRIVATE) == EBADF);
    check("nothing of it", refused(file, 0, PROT_READ, MAP_PRIVATE) == EINVAL);
}

int main(int argc, char **argv)
{
    high();
    rights(argv[0]);
    anonymous();
    protection();
    moving();
    file(argv[0]);
    check("length 0", map(NULL, 0, PROT_READ, 0) == MAP_FAILED && errno == EINVAL);
    check("no type", mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL);
    check("too much", map(NULL, 1UL << 46, PROT_READ | PROT_WRITE, 0) == MAP_FAILED && errno == ENOMEM);
    return argc - 1;
}
