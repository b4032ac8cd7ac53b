// The string functions, which libc has in SSE and AVX versions, at all alignments and at the end of a page.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int main(void)
{
    char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned long sum = 0;
    static char other[5000];

    munmap(memory + 4096, 4096);
    for (int length = 0; length < 300; length++) {
        for (int offset = 0; offset < 64; offset += 3) {
            char *text = memory + 4096 - length - 1 - offset;
            memset(text, 'a' + length % 26, length);
            text[length] = 0;
            memcpy(other + offset, text, length + 1);
            sum += strlen(text) + (strcmp(text, other + offset) == 0) + (memcmp(text, other + offset, length) == 0);
            sum += strchr(text, 'a') != NULL;
            sum += strrchr(text, 'z') - text == length - 1;
            sum += strstr(text, "bbb") != NULL;
            memmove(other + offset + 1, other + offset, length + 1);
            sum += memchr(other, 'c', sizeof(other)) != NULL;
        }
    }
    printf("%lu\n", sum);
    char line[] = "one,two,,three";
    for (char *word = strtok(line, ","); word; word = strtok(NULL, ","))
        printf("%s\n", word);
    double vector[64], total = 0;
    for (int i = 0; i < 64; i++)
        vector[i] = i * 0.5;
    for (int i = 0; i < 64; i++)
        total += vector[i] * vector[63 - i];
    printf("%.3f\n", total);
    return 0;
}
