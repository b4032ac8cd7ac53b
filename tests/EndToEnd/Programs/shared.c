// Files that are mapped shared: what is written to the one shows in the other, by whatever descriptor; and where they end.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sendfile.h>
#include <unistd.h>

#define PAGE 4096

static sigjmp_buf back;
static int signal_number, signal_code;
static long signal_offset;
static char *watched;

static void handler(int number, siginfo_t *info, void *context)
{
    signal_number = number;
    signal_code = info->si_code;
    signal_offset = (char *)info->si_addr - watched;
    siglongjmp(back, 1);
}

// What becomes of an access: 0, or the signal.
static void touch(const char *what, char *base, long offset, int write)
{
    watched = base;
    signal_number = signal_code = 0;
    signal_offset = -1;
    if (!sigsetjmp(back, 1)) {
        if (write)
            *(volatile char *)(base + offset) = 1;
        else
            (void)*(volatile char *)(base + offset);
    }
    printf("%s: signal %d code %d at %ld\n", what, signal_number, signal_code, signal_offset);
}

static int make(const char *name, long bytes, char first)
{
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

    for (long i = 0; i < bytes; i++) {
        char byte = first + i / PAGE;
        if (pwrite(fd, &byte, 1, i) != 1)
            perror("pwrite");
    }
    return fd;
}

static void show(const char *what, int fd, long offset)
{
    char text[17] = "";
    long got = pread(fd, text, 16, offset);

    for (int i = 0; i < got; i++)
        text[i] = text[i] ? text[i] : '.';
    printf("%s: %ld %s\n", what, got, got >= 0 ? text : strerror(errno));
}

static void *writer(void *mapping)
{
    for (int i = 0; i < 1000; i++)
        __atomic_fetch_add((int *)mapping, 1, __ATOMIC_SEQ_CST);
    return 0;
}

int main(int argc, char **argv)
{
    struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
    struct stat status;
    char *one, *two, *three, *tail;
    char page[PAGE];
    int fd, other, sent;
    pthread_t thread;

    if (argc < 2 || chdir(argv[1]) < 0)
        return 2;
    sigaction(SIGBUS, &action, 0);
    sigaction(SIGSEGV, &action, 0);

    // Two mappings of one file, by two descriptors, one of which can only read.
    fd = make("a", 5 * PAGE + 100, 'a');
    other = open("a", O_RDONLY);
    one = mmap(0, 6 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    two = mmap(0, 2 * PAGE, PROT_READ, MAP_SHARED, other, PAGE);
    printf("%c %c %c\n", one[0], one[PAGE], two[0]);
    memcpy(one + PAGE, "through one", 11);
    printf("%.16s\n", two);
    show("read", other, PAGE);
    show("read elsewhere", other, 0);
    pwrite(fd, "written", 7, PAGE + 4);
    printf("%.16s | %.16s\n", one + PAGE, two);
    lseek(fd, 2 * PAGE - 3, SEEK_SET);
    write(fd, "across", 6);
    printf("%.3s %.3s\n", one + 2 * PAGE - 3, two + PAGE);
    printf("mmap for writing by a descriptor for reading: %d\n", mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0) == MAP_FAILED ? errno : 0);
    printf("mprotect of it: %d\n", mprotect(two, PAGE, PROT_READ | PROT_WRITE) ? errno : 0);
    printf("mprotect of the other: %d\n", mprotect(one, PAGE, PROT_READ) ? errno : 0);
    touch("write to what is read-only", one, 0, 1);
    printf("mprotect back: %d\n", mprotect(one, PAGE, PROT_READ | PROT_WRITE) ? errno : 0);
    close(fd);
    close(other);
    memcpy(one, "after close", 11);
    printf("msync: %d %d\n", msync(one, PAGE, MS_SYNC), msync(one, 6 * PAGE, MS_ASYNC));
    fd = open("a", O_RDWR);
    show("synced", fd, 0);

    // Behind the end: zero in its last page, and nowhere after it.
    printf("%d\n", one[5 * PAGE + 100]);
    one[5 * PAGE + 100] = 'x';
    one[5 * PAGE + 99] = 'y';
    fstat(fd, &status);
    printf("size %ld\n", (long)status.st_size);
    show("end", fd, 5 * PAGE + 96);
    tail = mmap(0, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4 * PAGE);
    touch("last page", tail, PAGE + 4000, 0);
    touch("behind the file", tail, 2 * PAGE + 8, 0);
    touch("write behind the file", tail, 3 * PAGE, 1);
    printf("read into it: %zd\n", pread(fd, tail + 3 * PAGE, 10, 0) < 0 ? -errno : 0);
    ftruncate(fd, 8 * PAGE);
    touch("after it has grown", tail, 3 * PAGE, 1);
    show("grown", fd, 7 * PAGE);
    touch("still behind it", tail, 4 * PAGE, 0);
    munmap(tail, 8 * PAGE);
    tail = mmap(0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 7 * PAGE);
    touch("private, last page", tail, 10, 1);
    touch("private, behind the file", tail, PAGE, 0);
    touch("private, further behind", tail, 2 * PAGE + 77, 1);
    show("private stays private", fd, 7 * PAGE);
    munmap(tail, 3 * PAGE);
    touch("unmapped", tail, 0, 0);

    // Parts of it go and come, and move.
    munmap(one + PAGE, PAGE);
    touch("hole", one, PAGE, 0);
    printf("%.11s\n", one);
    three = mmap(one + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 3 * PAGE);
    three[0] = 'Z';
    printf("%c\n", one[3 * PAGE]);
    two = mremap(one + 2 * PAGE, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
    two[PAGE + 1] = 'Y';
    printf("%.2s %.6s\n", three, two);
    show("moved", fd, 3 * PAGE);
    for (int i = 0; i < PAGE; i++)
        page[i] = 'k';
    madvise(three, PAGE, MADV_DONTNEED);
    printf("after MADV_DONTNEED: %.2s\n", three);

    // Bytes that are sent, and a file that is appended to.
    other = make("b", PAGE, 'A');
    tail = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0);
    tail[1] = 'B';
    sent = open("c", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0644);
    off_t from = 0;
    printf("sent %zd\n", sendfile(sent, other, &from, 8) < 0 ? -(ssize_t)errno : (ssize_t)8);
    write(sent, "12345678", 8);
    two = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, sent, 0);
    two[0] = 'C';
    write(sent, "appended", 8);
    printf("%.16s\n", two);
    show("sent", sent, 0);

    // Shorter, and longer again.
    ftruncate(fd, PAGE / 2);
    ftruncate(fd, 2 * PAGE);
    printf("%.4s %d\n", one, one[PAGE / 2]);
    show("after truncation", fd, PAGE / 2 - 4);
    truncate("b", 0);
    truncate("b", 10);
    show("b", other, 0);

    // Threads, and memory that is shared with nobody.
    one = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
    two = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
    *(int *)one = 0;
    pthread_create(&thread, 0, writer, one);
    writer(two);
    pthread_join(thread, 0);
    printf("counted %d %d\n", *(int *)one, *(int *)two);
    three = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    strcpy(three, "anonymous");
    madvise(three, PAGE, MADV_DONTNEED);
    printf("%s\n", three);

    // What others find when this has ended.
    memcpy(one, "the end", 7);
    other = open("d", O_RDWR | O_CREAT | O_TRUNC, 0644);
    ftruncate(other, 64 * PAGE);
    tail = mmap(0, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0);
    for (int i = 0; i < 64; i += 3)
        sprintf(tail + i * PAGE, "page %d", i);
    close(other);
    return 0;
}
