// Every hypercall that takes guest-physical addresses, with good and with bad arguments. Prints the file named by argv[1] (more
// than 64 bytes, less than 64 KiB) and then `ok NAME` or `FAIL NAME got N want M` per test; exits with 0 when all were right.
#include "barelib.h"
#include "hypercall.h"
#include "memlayout.h"

#define ENOENT        2
#define EBADF         9
#define EFAULT        14
#define EINVAL        22
#define ESPIPE        29
#define ENAMETOOLONG  36
#define ENOSYS        38

#define NO_HOST_FILE  0x7fffffff
#define SEEK_SET      0
#define SEEK_CUR      1
#define SEEK_END      2

static char buffer[65536];
static char again[256];
static char line[256];
static u32 line_length;
static int failures;
static u64 memory_end;

// Structures of the calls.
static u64 transfer[4];
static u32 seek[3];

static long answer(unsigned port, u32 argument)
{
    outl(port, argument);
    return inl(port);
}

static long call_with(unsigned port, u64 fd, u64 address, u64 count, u64 offset)
{
    transfer[0] = fd;
    transfer[1] = address;
    transfer[2] = count;
    transfer[3] = offset;
    if (port == HYPERCALL_PREAD)
        return outl(port, (u64)transfer);
    return answer(port, (u64)transfer);
}

static long call_lseek(u32 fd, u32 offset, u32 whence)
{
    seek[0] = fd;
    seek[1] = offset;
    seek[2] = whence;
    return answer(HYPERCALL_LSEEK, (u64)seek);
}

// Text leaves by hypercall as well, a line at a time.
void putchar(char c)
{
    line[line_length++] = c;
    if (c == '\n' || line_length == sizeof(line)) {
        call_with(HYPERCALL_WRITE, 1, (u64)line, line_length, 0);
        line_length = 0;
    }
}

// What the names of the tests begin with.
static const char *operation = "";

static void expect(const char *name, long got, long want)
{
    print(got == want ? "ok " : "FAIL ");
    print(operation);
    print(name);
    if (got != want) {
        print(" got ");
        print_number(got);
        print(" want ");
        print_number(want);
        failures++;
    }
    print("\n");
}

static long print_file(u32 fd)
{
    long size = call_with(HYPERCALL_READ, fd, (u64)buffer, sizeof(buffer), 0);

    for (long written = 0, part; written < size; written += part) {
        part = call_with(HYPERCALL_WRITE, 1, (u64)buffer + written, size - written, 0);
        if (part <= 0)
            return part;
    }
    return size;
}

static int differ(const char *a, const char *b, long size)
{
    while (size--)
        if (*a++ != *b++)
            return 1;
    return 0;
}

static void test_positions(u32 fd, long size)
{
    expect("read-at-end", call_with(HYPERCALL_READ, fd, (u64)again, sizeof(again), 0), 0);
    expect("lseek-set", call_lseek(fd, 5, SEEK_SET), 5);
    expect("read-after-lseek", call_with(HYPERCALL_READ, fd, (u64)again, 16, 0), 16);
    expect("read-after-lseek-bytes", differ(again, buffer + 5, 16), 0);
    expect("lseek-cur", call_lseek(fd, 0, SEEK_CUR), 21);
    expect("lseek-cur-negative", call_lseek(fd, -1, SEEK_CUR), 20);
    expect("lseek-end", call_lseek(fd, 0, SEEK_END), size);
    expect("lseek-end-negative", call_lseek(fd, -3, SEEK_END), size - 3);
    expect("lseek-before-start", call_lseek(fd, -3, SEEK_SET), -EINVAL);
    expect("lseek-whence", call_lseek(fd, 0, 77), -EINVAL);
    expect("lseek-fd", call_lseek(NO_HOST_FILE, 0, SEEK_SET), -EBADF);
    expect("lseek-fd-minus-one", call_lseek(-1, 0, SEEK_SET), -EBADF);
    expect("lseek-stdout", call_lseek(1, 0, SEEK_SET), -ESPIPE);
    expect("pread", call_with(HYPERCALL_PREAD, fd, (u64)again, 16, 7), 16);
    expect("pread-bytes", differ(again, buffer + 7, 16), 0);
    expect("pread-beyond-end", call_with(HYPERCALL_PREAD, fd, (u64)again, 16, 1UL << 40), 0);
    expect("pread-negative-offset", call_with(HYPERCALL_PREAD, fd, (u64)again, 16, -1UL), -EINVAL);
    expect("pread-offset-2^63", call_with(HYPERCALL_PREAD, fd, (u64)again, 16, 1UL << 63), -EINVAL);
    expect("pread-offset-2^63-1", call_with(HYPERCALL_PREAD, fd, (u64)again, 16, (1UL << 63) - 1) <= 0, 1);
    expect("pread-moves-nothing", call_lseek(fd, 0, SEEK_CUR), size - 3);
    expect("lseek-back", call_lseek(fd, 0, SEEK_SET), 0);
}

static const struct {
    const char *name;
    unsigned port;
} transfers[] = {
    { "read-", HYPERCALL_READ },
    { "write-", HYPERCALL_WRITE },
    { "pread-", HYPERCALL_PREAD },
};

static void test_transfer(unsigned port, u64 fd)
{
    u64 data = (u64)buffer;

    expect("address-end-of-memory", call_with(port, fd, memory_end, 16, 0), -EFAULT);
    expect("address-over-the-end", call_with(port, fd, memory_end - 8, 16, 0), -EFAULT);
    expect("address-above-memory", call_with(port, fd, memory_end + (1UL << 32), 16, 0), -EFAULT);
    expect("address-2^63", call_with(port, fd, 1UL << 63, 16, 0), -EFAULT);
    expect("address-2^64-1", call_with(port, fd, -1UL, 16, 0), -EFAULT);
    expect("length-2^63", call_with(port, fd, data, 1UL << 63, 0), -EFAULT);
    expect("length-2^64-1", call_with(port, fd, data, -1UL, 0), -EFAULT);
    expect("length-of-memory", call_with(port, fd, data, memory_end, 0), -EFAULT);
    expect("sum-overflow", call_with(port, fd, data, -data, 0), -EFAULT);
    expect("sum-overflow-into-memory", call_with(port, fd, data, -data + PAGE_SIZE, 0), -EFAULT);
    expect("length-0", call_with(port, fd, data, 0, 0), 0);
    expect("fd-minus-one", call_with(port, -1UL, data, 16, 0), -EBADF);
    expect("fd-none", call_with(port, NO_HOST_FILE, data, 16, 0), -EBADF);
    expect("fd-2^63", call_with(port, 1UL << 63, data, 16, 0), -EBADF);
    expect("fd-bad-and-address-bad", call_with(port, -1UL, -1UL, 16, 0), -EBADF);
}

static long raw(unsigned port, u32 argument)
{
    return port == HYPERCALL_PREAD ? outl(port, argument) : answer(port, argument);
}

static void test_structures(unsigned port)
{
    expect("structure-end-of-memory", raw(port, memory_end), -EFAULT);
    expect("structure-over-the-end", raw(port, memory_end - 4), -EFAULT);
    expect("structure-above-memory", raw(port, 0xfffff000), -EFAULT);
    expect("structure-2^32-1", raw(port, 0xffffffff), -EFAULT);
}

static void test_paths(void)
{
    char *end = (char *)memory_end;

    expect("open-end-of-memory", answer(HYPERCALL_OPEN, memory_end), -EFAULT);
    expect("open-above-memory", answer(HYPERCALL_OPEN, 0xfffff000), -EFAULT);
    memset(end - 64, 'x', 64);
    expect("open-unterminated-at-end-of-memory", answer(HYPERCALL_OPEN, memory_end - 64), -EFAULT);
    memset(end - 64, 0, 64);
    memset(buffer, 'x', 8192);
    expect("open-too-long", answer(HYPERCALL_OPEN, (u64)buffer), -ENAMETOOLONG);
    expect("open-empty", answer(HYPERCALL_OPEN, (u64)""), -ENOENT);
}

static void test_unknown_calls(void)
{
    int wrong = 0;

    for (unsigned port = 0x8006; port <= 0x800f; port++)
        wrong += answer(port, 0) != -ENOSYS;
    expect("ports-8006-800f-that-are-not", wrong, 0);
    wrong = 0;
    for (unsigned port = 0x801d; port <= 0x80ff; port++)
        wrong += outl(port, 0) != -ENOSYS;
    expect("ports-801d-80ff-that-are-not", wrong, 0);
}

void main(const struct boot_state *state)
{
    const u64 *stack = (const u64 *)state->rsp;
    long fd, second, size;

    if (state->r8 != 0)
        halt();
    // Memory goes on above the free part only where further vCPUs have their stacks.
    memory_end = state->rdi + state->rsi + (state->r9 - 1) * VCPU_STACK_SIZE;
    if (stack[0] < 2) {
        print("usage: hypercalls FILE, as argv[1]\n");
        outl(HYPERCALL_EXIT, 2);
        halt();
    }
    fd = answer(HYPERCALL_OPEN, stack[2]);
    expect("open", fd, 3);
    size = print_file(fd);
    expect("print-file", size > 64 && size < (long)sizeof(buffer), 1);
    test_positions(fd, size);

    for (size_t i = 0; i < sizeof(transfers) / sizeof(*transfers); i++) {
        operation = transfers[i].name;
        test_transfer(transfers[i].port, transfers[i].port == HYPERCALL_WRITE ? 1 : fd);
        test_structures(transfers[i].port);
    }
    operation = "lseek-";
    test_structures(HYPERCALL_LSEEK);
    operation = "";
    test_paths();
    test_unknown_calls();

    expect("write-read-only-file", call_with(HYPERCALL_WRITE, fd, (u64)line, 1, 0), -EBADF);
    expect("read-stdout", call_with(HYPERCALL_READ, 1, (u64)again, 1, 0), -EBADF);
    second = answer(HYPERCALL_OPEN, stack[2]);
    expect("open-second", second, 4);
    expect("close", answer(HYPERCALL_CLOSE, fd), 0);
    expect("close-twice", answer(HYPERCALL_CLOSE, fd), -EBADF);
    expect("close-minus-one", answer(HYPERCALL_CLOSE, -1), -EBADF);
    expect("close-none", answer(HYPERCALL_CLOSE, NO_HOST_FILE), -EBADF);
    expect("read-closed", call_with(HYPERCALL_READ, fd, (u64)again, 1, 0), -EBADF);
    expect("open-reuses-lowest", answer(HYPERCALL_OPEN, stack[2]), 3);
    outl(HYPERCALL_EXIT, failures ? 1 : 0);
    halt();
}
