// An example of a plug-in: an ordinary program. Counts the words of each line of its standard input; with an argument, never ends.
#include <ctype.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    char line[4096];

    (void)argv;
    while (fgets(line, sizeof(line), stdin)) {
        int words = 0, is_word = 0;

        for (char *c = line; *c; c++) {
            words += !isspace((unsigned char)*c) && !is_word;
            is_word = !isspace((unsigned char)*c);
        }
        printf("%d\n", words);
        fflush(stdout);
    }
    while (argc > 1)
        ;
    return 0;
}
