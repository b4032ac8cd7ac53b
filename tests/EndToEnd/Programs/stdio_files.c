// Buffered and unbuffered stdio on the program's own file: large and small reads, seeking, buffers that were never touched.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static unsigned long hash(unsigned long h, const unsigned char *bytes, size_t count)
{
    while (count--)
        h = (h ^ *bytes++) * 1099511628211UL;
    return h;
}

int main(int argc, char **argv)
{
    FILE *file = fopen(argv[0], "rb");
    static unsigned char cold[1 << 20];
    unsigned long small = 0, big = 0, scattered = 0;
    int c;

    while ((c = getc(file)) != EOF)
        small = hash(small, &(unsigned char){ c }, 1);
    rewind(file);
    for (size_t n; (n = fread(cold, 1, sizeof(cold), file)) > 0;)
        big = hash(big, cold, n);
    fclose(file);

    int fd = open(argv[0], O_RDONLY);
    unsigned char *block = malloc(3 << 20);
    struct iovec parts[3] = { { block, 5000 }, { block + (1 << 20) + 77, 123456 }, { block + (2 << 20), 1 << 20 } };
    for (ssize_t n; (n = readv(fd, parts, 3)) > 0;)
        for (int i = 0; i < 3 && n > 0; i++) {
            size_t part = parts[i].iov_len < (size_t)n ? parts[i].iov_len : (size_t)n;
            scattered = hash(scattered, parts[i].iov_base, part);
            n -= part;
        }
    printf("%d %d\n", small == big, small == scattered);
    struct stat *status = malloc(sizeof(*status));
    printf("%d\n", fstat(fd, status) == 0 && lseek(fd, 0, SEEK_END) == status->st_size);
    for (int i = 0; i < 3000; i++)
        printf("line %d %s\n", i, "some text to fill the buffer with");
    fprintf(stderr, "to standard error\n");
    return argc;
}
