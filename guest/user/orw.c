// Open, read, write: copies the file named by the first argument to standard output.
#include "ulib.h"

static char buffer[16384];

static int fail(const char *path, long error)
{
    print(2, "orw: ");
    print(2, path);
    print(2, ": error ");
    print_number(2, -error);
    print(2, "\n");
    return 1;
}

int main(int argc, char **argv)
{
    long fd, bytes;

    if (argc != 2) {
        print(2, "usage: orw FILE\n");
        return 1;
    }
    fd = open(argv[1], 0);
    if (fd < 0)
        return fail(argv[1], fd);
    while ((bytes = read(fd, buffer, sizeof(buffer))) > 0) {
        for (long written = 0, part; written < bytes; written += part) {
            part = write(1, buffer + written, bytes - written);
            if (part <= 0)
                return fail("standard output", part);
        }
    }
    if (bytes < 0)
        return fail(argv[1], bytes);
    close(fd);
    return 0;
}
