// Prints the arguments and then the environment, one per line.
#include "ulib.h"

// Reached through pointers in memory, so that the static-pie build has addresses to relocate.
static const char *const headings[] = { "argv ", "envp " };

static void print_all(const char *heading, char **strings)
{
    for (; *strings; strings++) {
        print(1, heading);
        print(1, *strings);
        print(1, "\n");
    }
}

int main(int argc, char **argv, char **envp)
{
    if (argv + argc + 1 != envp)
        return 1;
    print_all(((const char *const volatile *)headings)[0], argv);
    print_all(((const char *const volatile *)headings)[1], envp);
    return 0;
}
