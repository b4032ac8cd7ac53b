// The C programs that KvmActors is measured against. Results are one JSON object on standard output; those of `processes`, whose
// guests write there, on standard error.
#include "vm.h"
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: kvm-reference exits|exits-registers IMAGE\n"
    "       kvm-reference files|files-registers IMAGE FILE\n"
    "       kvm-reference starts|resets|stops IMAGE COUNT\n"
    "       kvm-reference processes KERNEL PROGRAM COUNT CONCURRENCY fork|exec\n"
    "       kvm-reference one KERNEL PROGRAM\n"
    "       kvm-reference spin\n";

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    char **arguments = argv + 2;

    if (argc == 3 && !strcmp(command, "exits"))
        return exits(arguments, 0);
    if (argc == 3 && !strcmp(command, "exits-registers"))
        return exits(arguments, 1);
    if (argc == 4 && !strcmp(command, "files"))
        return files(arguments, 0);
    if (argc == 4 && !strcmp(command, "files-registers"))
        return files(arguments, 1);
    if (argc == 4 && !strcmp(command, "starts"))
        return starts(arguments);
    if (argc == 4 && !strcmp(command, "resets"))
        return resets(arguments);
    if (argc == 4 && !strcmp(command, "stops"))
        return stops(arguments);
    if (argc == 7 && !strcmp(command, "processes"))
        return processes(arguments, argv[0]);
    if (argc == 4 && !strcmp(command, "one"))
        return one(arguments);
    if (argc == 2 && !strcmp(command, "spin"))
        spin();
    fputs(usage, stderr);
    return 2;
}
