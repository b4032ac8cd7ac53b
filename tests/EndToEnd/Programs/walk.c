// Walks a folder, changes it and walks it again: directories, links, renames, times, a file with a hole past 4 GiB.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *seen[256];
static int count;

static int visit(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    char line[512];

    snprintf(line, sizeof line, "%d %o %ld %s", kind, (unsigned)status->st_mode,
             S_ISDIR(status->st_mode) ? 0L : (long)status->st_size, path + where->base);
    seen[count++] = strdup(line);
    return 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void walk(const char *title)
{
    count = 0;
    printf("%s: %d\n", title, nftw(".", visit, 8, FTW_PHYS));
    qsort(seen, count, sizeof *seen, compare);
    for (int i = 0; i < count; i++)
        puts(seen[i]);
}

int main(int argc, char **argv)
{
    struct timespec times[2] = { { 1000000000, 5 }, { 1000000001, 7 } };
    struct stat status;
    char name[32], target[64];
    long length;
    int fd;

    if (chdir(argv[1]) != 0)
        return 9;
    umask(022);
    printf("%d %d\n", mkdir("folder", 0755), mkdir("folder", 0755) == -1 && errno == EEXIST);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "folder/file-%d", i);
        fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0640);
        dprintf(fd, "%d\n", i);
        close(fd);
    }
    printf("%d %d\n", symlink("folder/file-7", "link"), rename("folder/file-9", "renamed"));
    length = readlink("link", target, sizeof target);
    printf("%.*s %d\n", (int)length, target, unlink("folder/file-8"));
    printf("%d\n", utimensat(AT_FDCWD, "renamed", times, 0));
    printf("%d\n", stat("renamed", &status));
    printf("%ld %ld\n", (long)status.st_mtim.tv_sec, (long)status.st_mtim.tv_nsec);
    walk("before");

    fd = open("large", O_CREAT | O_RDWR, 0600);
    printf("%ld\n", (long)pwrite(fd, "end", 3, 5000000000L));
    printf("%ld %ld\n", (long)lseek(fd, 0, SEEK_END), (long)pread(fd, target, 3, 5000000000L));
    printf("%d\n", ftruncate(fd, 10));
    close(fd);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "folder/file-%d", i);
        unlink(name);
    }
    printf("%d %d %d\n", rmdir("folder"), unlink("link"), unlink("renamed"));
    walk("after");
    printf("%d %d\n", unlink("large"), open("nothing", O_RDONLY) == -1 && errno == ENOENT);
    return argc;
}
