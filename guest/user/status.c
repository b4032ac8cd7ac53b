// Exits with the number given.
#include "ulib.h"

int main(int argc, char **argv)
{
    return argc > 1 ? parse_number(argv[1]) : 0;
}
