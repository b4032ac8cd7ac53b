/* Changes the folder it is told of in every way there is, and tells what it then sees there. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void list(const char *folder)
{
    struct dirent **names;
    int count = scandir(folder, &names, NULL, by_name);
    printf("%s:", folder);
    for (int i = 0; i < count; i++) {
        struct stat status;
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        lstat(path, &status);
        if (names[i]->d_name[0] != '.')
            printf(" %s(%o,%ld)", names[i]->d_name, status.st_mode, S_ISDIR(status.st_mode) ? 0 : (long)status.st_size);
    }
    printf("\n");
}

static void told(const char *what, int result)
{
    printf("%s %d %s\n", what, result, result < 0 ? strerror(errno) : "");
}

int main(int argc, char **argv)
{
    const char *mine = argc > 2 ? argv[2] : "mine";
    char text[64];
    if (chdir(argv[1]) < 0)
        return 1;
    list(".");
    int fd = open("file", O_RDWR | O_APPEND);
    told("append", (int)write(fd, mine, strlen(mine)));
    told("read", (int)pread(fd, text, sizeof text, 0));
    printf("%.*s\n", 4 + (int)strlen(mine), text);
    close(fd);
    told("rename", rename("folder", "moved"));
    told("open moved", (fd = open("moved/inside", O_RDONLY)) < 0 ? -1 : 0);
    close(fd);
    told("mkdir", mkdir("folder", 0755));
    told("rename over", rename("moved", "folder"));
    told("link", link("file", "folder/linked"));
    told("unlink", unlink("folder/inside"));
    told("rmdir full", rmdir("folder"));
    told("symlink", symlink("folder/linked", "symbolic"));
    told("chmod", chmod("symbolic", 0600));
    told("mkfifo", mkfifo("pipe", 0644));
    told("truncate", truncate("other", 2));
    told("remove", unlink("removed"));
    told("again", (fd = open("removed", O_CREAT | O_EXCL | O_WRONLY, 0644)) < 0 ? -1 : 0);
    told("fallocate", posix_fallocate(fd, 0, 5000));
    close(fd);
    list(".");
    list("folder");
    return 0;
}
