// Wrong arguments to every system call that is served, and what Linux answers. The one argument names a readable file with more
// than 64 bytes. Prints `ok NAME` or `FAIL NAME got N want M` per test; runs on Linux itself as well, which is how the
// expectations were checked.
#include "ulib.h"
#include "vmlayout.h"

#define ENOENT        2
#define EBADF         9
#define EFAULT        14
#define ENOTDIR       20
#define EINVAL        22
#define ESPIPE        29
#define ENAMETOOLONG  36
#define ENOSYS        38
#define EPERM         1
#define EOVERFLOW     75

#define PAGE          4096UL
#define NON_CANONICAL 0xdeadbeefdeadbeefUL
#define KERNEL_HALF   (KERNBASE + KERNEL_PHYS)
#define TOP_HALF      0xffffffff80001000UL
#define UNMAPPED      0x10000UL
#define ANY           0x80000000UL     // a file descriptor no file will have

// Besides exactly `want`, a test may accept `other`; with PART set, also a short transfer of 1 to that many bytes.
struct test {
    const char *name;
    long number;
    unsigned long a, b, c;
    long want, other, part;
};

static char buffer[8192] __attribute__((aligned(4096)));
static char long_path[PAGE * 2] __attribute__((aligned(4096)));
static const char read_only[PAGE] __attribute__((aligned(4096))) = "read only";
extern char _end[];

static int failures;

static void check(const struct test *test)
{
    long got = syscall3(test->number, test->a, test->b, test->c);
    int ok = got == test->want || (test->other && got == test->other) || (got > 0 && got <= test->part);

    print(1, ok ? "ok " : "FAIL ");
    print(1, test->name);
    if (!ok) {
        print(1, " got ");
        print_number(1, got);
        print(1, " want ");
        print_number(1, test->want);
        failures++;
    }
    print(1, "\n");
}

// badargs.S
unsigned long registers_changed(long number);
unsigned long read_fs(void);

static void check_value(const char *name, unsigned long got, unsigned long want)
{
    print(1, got == want ? "ok " : "FAIL ");
    print(1, name);
    if (got != want) {
        print(1, " got ");
        print_hex(1, got);
        print(1, " want ");
        print_hex(1, want);
        failures++;
    }
    print(1, "\n");
}

int main(int argc, char **argv)
{
    unsigned long text = (unsigned long)&main, data = (unsigned long)buffer, rodata = (unsigned long)read_only;
    // What is mapped ends with the page that holds the last byte of .bss.
    unsigned long end = ((unsigned long)_end + PAGE - 1) & ~(PAGE - 1);
    unsigned long edge = end - 8;
    static char below[512];
    size_t length;
    long fd, closed;

    if (argc != 2) {
        print(2, "usage: badargs FILE\n");
        return 2;
    }
    fd = open(argv[1], 0);
    closed = open(argv[1], 0);
    if (fd < 0 || closed < 0) {
        print(2, "badargs: cannot open the file\n");
        return 2;
    }
    close(closed);
    memset(long_path, 'x', sizeof(long_path));
    length = strlen(argv[1]);
    memcpy(below, argv[1], length);
    memcpy(below + length, "/x", 3);

    const struct test tests[] = {
        // read: where to
        { "read-null", SYS_read, fd, 0, 16, -EFAULT, 0, 0 },
        { "read-unmapped", SYS_read, fd, UNMAPPED, 16, -EFAULT, 0, 0 },
        { "read-kernel-half", SYS_read, fd, KERNEL_HALF, 16, -EFAULT, 0, 0 },
        { "read-top-half", SYS_read, fd, TOP_HALF, 16, -EFAULT, 0, 0 },
        { "read-non-canonical", SYS_read, fd, NON_CANONICAL, 16, -EFAULT, 0, 0 },
        { "read-minus-one", SYS_read, fd, -1UL, 16, -EFAULT, 0, 0 },
        { "read-to-text", SYS_read, fd, text, 16, -EFAULT, 0, 0 },
        { "read-to-read-only", SYS_read, fd, rodata, 16, -EFAULT, 0, 0 },
        { "read-past-end", SYS_read, fd, end, 16, -EFAULT, 0, 0 },
        { "read-straddling-end", SYS_read, fd, edge, 64, -EFAULT, 0, 8 },
        { "read-last-bytes", SYS_read, fd, edge, 8, 8, 0, 0 },
        { "read-top-of-user-space", SYS_read, fd, USER_TOP - 8, 64, -EFAULT, 0, 8 },
        // read: how much
        { "read-0", SYS_read, fd, data, 0, 0, 0, 0 },
        { "read-0-null", SYS_read, fd, 0, 0, 0, 0, 0 },
        { "read-0-unmapped", SYS_read, fd, UNMAPPED, 0, 0, 0, 0 },
        { "read-2^63", SYS_read, fd, data, 1UL << 63, -EFAULT, -EINVAL, 0 },
        { "read-2^63-1", SYS_read, fd, data, (1UL << 63) - 1, -EFAULT, -EINVAL, 0 },
        { "read-2^64-1", SYS_read, fd, data, -1UL, -EFAULT, -EINVAL, 0 },
        { "read-wrapping", SYS_read, fd, data, -data, -EFAULT, -EINVAL, 0 },
        { "read-huge-unmapped", SYS_read, fd, UNMAPPED, 1UL << 31, -EFAULT, 0, 0 },
        // read: what from
        { "read-fd-minus-one", SYS_read, -1UL, data, 16, -EBADF, 0, 0 },
        { "read-fd-closed", SYS_read, closed, data, 16, -EBADF, 0, 0 },
        { "read-fd-any", SYS_read, ANY, data, 16, -EBADF, 0, 0 },
        { "read-fd-max", SYS_read, 0x7fffffff, data, 16, -EBADF, 0, 0 },
        { "read-fd-bad-and-null", SYS_read, -1UL, 0, 16, -EBADF, 0, 0 },
        { "read-stdout", SYS_read, 1, data, 16, -EBADF, 0, 0 },
        { "read-fd-high-bits", SYS_read, 1UL << 32 | fd, data, 0, 0, 0, 0 },

        // write
        { "write-null", SYS_write, 1, 0, 16, -EFAULT, 0, 0 },
        { "write-unmapped", SYS_write, 1, UNMAPPED, 16, -EFAULT, 0, 0 },
        { "write-kernel-half", SYS_write, 1, KERNEL_HALF, 16, -EFAULT, 0, 0 },
        { "write-top-half", SYS_write, 1, TOP_HALF, 16, -EFAULT, 0, 0 },
        { "write-non-canonical", SYS_write, 1, NON_CANONICAL, 16, -EFAULT, 0, 0 },
        { "write-past-end", SYS_write, 1, end, 16, -EFAULT, 0, 0 },
        { "write-straddling-end", SYS_write, 1, edge, 64, -EFAULT, 0, 8 },
        { "write-0-null", SYS_write, 1, 0, 0, 0, 0, 0 },
        { "write-2^63", SYS_write, 1, data, 1UL << 63, -EFAULT, -EINVAL, 0 },
        { "write-2^64-1", SYS_write, 1, data, -1UL, -EFAULT, -EINVAL, 0 },
        { "write-wrapping", SYS_write, 1, data, -data, -EFAULT, -EINVAL, 0 },
        { "write-huge-unmapped", SYS_write, 1, UNMAPPED, 1UL << 31, -EFAULT, 0, 0 },
        { "write-fd-minus-one", SYS_write, -1UL, data, 16, -EBADF, 0, 0 },
        { "write-fd-closed", SYS_write, closed, data, 16, -EBADF, 0, 0 },
        { "write-fd-any", SYS_write, ANY, data, 16, -EBADF, 0, 0 },
        { "write-fd-bad-and-null", SYS_write, -1UL, 0, 16, -EBADF, 0, 0 },
        { "write-read-only-file", SYS_write, fd, data, 16, -EBADF, 0, 0 },
        { "write-fd-high-bits", SYS_write, 1UL << 32 | 1, data, 0, 0, 0, 0 },

        // open
        { "open-null", SYS_open, 0, 0, 0, -EFAULT, 0, 0 },
        { "open-unmapped", SYS_open, UNMAPPED, 0, 0, -EFAULT, 0, 0 },
        { "open-kernel-half", SYS_open, KERNEL_HALF, 0, 0, -EFAULT, 0, 0 },
        { "open-top-half", SYS_open, TOP_HALF, 0, 0, -EFAULT, 0, 0 },
        { "open-non-canonical", SYS_open, NON_CANONICAL, 0, 0, -EFAULT, 0, 0 },
        { "open-past-end", SYS_open, end, 0, 0, -EFAULT, 0, 0 },
        { "open-unterminated-at-end", SYS_open, edge, 0, 0, -EFAULT, 0, 0 },
        { "open-too-long", SYS_open, (unsigned long)long_path, 0, 0, -ENAMETOOLONG, 0, 0 },
        { "open-empty", SYS_open, (unsigned long)"", 0, 0, -ENOENT, 0, 0 },
        { "open-below-a-file", SYS_open, (unsigned long)below, 0, 0, -ENOTDIR, 0, 0 },

        // close
        { "close-minus-one", SYS_close, -1UL, 0, 0, -EBADF, 0, 0 },
        { "close-closed", SYS_close, closed, 0, 0, -EBADF, 0, 0 },
        { "close-any", SYS_close, ANY, 0, 0, -EBADF, 0, 0 },
        { "close-max", SYS_close, 0x7fffffff, 0, 0, -EBADF, 0, 0 },

        // lseek
        { "lseek-whence", SYS_lseek, fd, 0, 77, -EINVAL, 0, 0 },
        { "lseek-whence-minus-one", SYS_lseek, fd, 0, -1UL, -EINVAL, 0, 0 },
        { "lseek-whence-high-bits", SYS_lseek, fd, 5, 1UL << 32, 5, 0, 0 },
        { "lseek-negative", SYS_lseek, fd, -1UL, 0, -EINVAL, 0, 0 },
        { "lseek-before-start", SYS_lseek, fd, -100UL, 1, -EINVAL, 0, 0 },
        { "lseek-overflow", SYS_lseek, fd, ~(1UL << 63), 1, -EINVAL, -EOVERFLOW, 0 },
        { "lseek-unmoved", SYS_lseek, fd, 0, 1, 5, 0, 0 },
        { "lseek-beyond-end", SYS_lseek, fd, 1UL << 30, 0, 1L << 30, 0, 0 },
        { "read-beyond-end", SYS_read, fd, data, 16, 0, 0, 0 },
        { "lseek-fd-minus-one", SYS_lseek, -1UL, 0, 0, -EBADF, 0, 0 },
        { "lseek-fd-closed", SYS_lseek, closed, 0, 0, -EBADF, 0, 0 },
        { "lseek-stdout", SYS_lseek, 1, 0, 0, -ESPIPE, 0, 0 },

        // numbers
        { "number-1000", 1000, 0, 0, 0, -ENOSYS, 0, 0 },
        { "number-max", 0x7fffffff, 0, 0, 0, -ENOSYS, 0, 0 },
        { "number-minus-one", -1, 0, 0, 0, -ENOSYS, 0, 0 },
        { "number-min", (long)(1UL << 63) | 0x7fffffff, 0, 0, 0, -ENOSYS, 0, 0 },
        { "number-like-getpid", 0x10000 | SYS_getpid, 0, 0, 0, -ENOSYS, 0, 0 },
        { "number-negative-like-exit", 0xffff0000L | SYS_exit, 0, 0, 0, -ENOSYS, 0, 0 },
        { "number-high-bits", 1L << 32 | SYS_close, -1UL, 0, 0, -EBADF, 0, 0 },

        // served by the kernel itself
        { "arch_prctl-code", SYS_arch_prctl, 0x7777, data, 0, -EINVAL, 0, 0 },
        { "arch_prctl-set-top-half", SYS_arch_prctl, 0x1002, TOP_HALF, 0, -EPERM, 0, 0 },
        { "arch_prctl-set-non-canonical", SYS_arch_prctl, 0x1002, NON_CANONICAL, 0, -EPERM, 0, 0 },
        { "arch_prctl-get-null", SYS_arch_prctl, 0x1003, 0, 0, -EFAULT, 0, 0 },
        { "arch_prctl-get-text", SYS_arch_prctl, 0x1003, text, 0, -EFAULT, 0, 0 },
        { "arch_prctl-get-kernel-half", SYS_arch_prctl, 0x1003, KERNEL_HALF, 0, -EFAULT, 0, 0 },
        { "arch_prctl-get-non-canonical", SYS_arch_prctl, 0x1003, NON_CANONICAL, 0, -EFAULT, 0, 0 },
        { "arch_prctl-get-straddling", SYS_arch_prctl, 0x1003, end - 4, 0, -EFAULT, 0, 0 },
        { "arch_prctl-set", SYS_arch_prctl, 0x1002, data, 0, 0, 0, 0 },
        { "arch_prctl-get", SYS_arch_prctl, 0x1003, data + 64, 0, 0, 0, 0 },
    };

    for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
        memcpy((char *)edge, "# short\n", 8);    // what a short write prints
        check(&tests[i]);
    }

    // What arch_prctl stored is what FS uses.
    *(unsigned long *)buffer = 0x1122334455667788;
    check_value("fs-base", read_fs(), 0x1122334455667788);
    check_value("fs-base-read-back", *(unsigned long *)(buffer + 64), data);

    check_value("registers-forwarded", registers_changed(1000), 0);
    check_value("registers-local", registers_changed(SYS_getpid), 0);
    return failures ? 1 : 0;
}
