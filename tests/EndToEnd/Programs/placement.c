// Where a program and what comes with it are in memory, and what it is told of that: as questions with the same answer everywhere.
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char __executable_start[];
extern void _start(void);

static int find_line(const char *name, unsigned long address)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    int found = 0;

    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long start, end;
        if (sscanf(line, "%lx-%lx", &start, &end) == 2 && address >= start && address < end)
            found = !name || strstr(line, name) ? 1 : -1;
    }
    return found;
}

static int count_objects(struct dl_phdr_info *info, size_t size, void *count)
{
    // Not what the kernel itself brings.
    *(int *)count += strstr(info->dlpi_name, ".so") && !strstr(info->dlpi_name, "vdso");
    return 0;
}

int main(int argc, char **argv)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)__executable_start;
    unsigned long base = getauxval(AT_BASE);
    int objects = 0, local;
    char text[4096];
    void *stack;
    size_t bytes;
    pthread_attr_t attributes;
    FILE *file;

    printf("program headers %d, %lu\n", getauxval(AT_PHDR) == (unsigned long)__executable_start + header->e_phoff, getauxval(AT_PHENT));
    printf("entry %d\n", getauxval(AT_ENTRY) == (unsigned long)_start);
    printf("interpreter %d %d\n", base != 0, base && !memcmp((void *)base, ELFMAG, SELFMAG));
    dl_iterate_phdr(count_objects, &objects);
    printf("libraries %d\n", objects > 0);
    printf("high %d\n", (unsigned long)__executable_start >> 32 != 0);

    sbrk(4096);
    printf("maps %d %d %d\n", find_line("[stack]", (unsigned long)&local), find_line("[heap]", (unsigned long)sbrk(0) - 1),
           find_line(NULL, (unsigned long)main));
    printf("thread %d", pthread_getattr_np(pthread_self(), &attributes));
    printf(" %d", pthread_attr_getstack(&attributes, &stack, &bytes));
    printf(" %d\n", (char *)&local >= (char *)stack && (char *)&local < (char *)stack + bytes);

    file = fopen("/proc/self/cmdline", "r");
    bytes = file ? fread(text, 1, sizeof text, file) : 0;
    for (size_t i = 0; i < bytes; i++)
        putchar(text[i] ? text[i] : '\n');
    file = fopen("/proc/self/status", "r");
    while (file && fgets(text, sizeof text, file))
        if (!strncmp(text, "Name:", 5) || !strncmp(text, "Threads:", 8))
            fputs(text, stdout);
    file = fopen("/proc/self/stat", "r");
    printf("stat %d\n", file && fscanf(file, "%*d (%4095[^)]) R", text) == 1 && !strncmp(text, "placement", 9));
    file = fopen("/proc/meminfo", "r");
    printf("memory %d\n", file && fscanf(file, "MemTotal: %*[0-9] %15s", text) == 1 && !strcmp(text, "kB"));
    file = fopen("/proc/cpuinfo", "r");
    printf("processors %d\n", file && fgets(text, sizeof text, file) && !strncmp(text, "processor\t: 0", 13));
    file = fopen("/proc/mounts", "r");
    printf("mounts %d\n", file && fgets(text, sizeof text, file) && strchr(text, '/'));
    return 0;
}
