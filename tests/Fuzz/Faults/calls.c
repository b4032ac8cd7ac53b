// Makes one system call of each kind that leads to the host's files. What fails, fails: all that counts is that it ends.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
    char bytes[256];
    struct iovec vector = { bytes, sizeof bytes };
    struct stat status;
    struct statx extended;
    struct statfs system;
    struct timespec now, short_while = { 0, 1000000 };
    int ends[2];
    int file = open("/data/made", O_CREAT | O_RDWR, 0644);
    write(file, "made\n", 5);
    pwrite(file, "made\n", 5, 5);
    writev(file, &vector, 1);
    pwritev(file, &vector, 1, 0);
    lseek(file, 0, SEEK_SET);
    read(file, bytes, sizeof bytes);
    readv(file, &vector, 1);
    pread(file, bytes, sizeof bytes, 0);
    preadv(file, &vector, 1, 0);
    fstat(file, &status);
    fstatfs(file, &system);
    ftruncate(file, 100);
    fchmod(file, 0600);
    fchown(file, 0, 0);
    futimens(file, NULL);
    fsync(file);
    fdatasync(file);
    sendfile(1, file, NULL, 10);
    stat("/data/made", &status);
    lstat("/data/made", &status);
    statx(AT_FDCWD, "/data/made", 0, STATX_ALL, &extended);
    access("/data/made", R_OK);
    symlink("made", "/data/link");
    readlink("/data/link", bytes, sizeof bytes);
    link("/data/made", "/data/hard");
    rename("/data/hard", "/data/renamed");
    mkdir("/data/folder", 0755);
    chmod("/data/folder", 0700);
    truncate("/data/renamed", 10);
    unlink("/data/renamed");
    rmdir("/data/folder");
    chdir("/data");
    getcwd(bytes, sizeof bytes);
    DIR *directory = opendir("/data");
    while (directory != NULL && readdir(directory) != NULL) {
    }
    if (directory != NULL) {
        closedir(directory);
    }
    if (pipe(ends) == 0) {
        write(ends[1], "x", 1);
        read(ends[0], bytes, 1);
    }
    getrandom(bytes, sizeof bytes, 0);
    clock_gettime(CLOCK_REALTIME, &now);
    clock_getres(CLOCK_MONOTONIC, &now);
    nanosleep(&short_while, NULL);
    poll(NULL, 0, 1);
    while (read(0, bytes, sizeof bytes) > 0) {
    }
    printf("done\n");
    return 0;
}
