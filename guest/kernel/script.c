// The first line of a script: #!, its interpreter, and at most one argument, which may have blanks in it. As Linux reads it
// (fs/binfmt_script.c): the first 256 bytes, and a name that they may have cut off is none.
#include "kernel.h"
#include "memory.h"

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static char *skip_blanks(char *from, const char *end)
{
    while (from < end && is_blank(*from))
        from++;
    return from;
}

static char *skip_name(char *from, const char *end)
{
    while (from < end && !is_blank(*from) && *from)
        from++;
    return from;
}

bool is_script(const char *text, long bytes)
{
    return bytes >= 2 && text[0] == '#' && text[1] == '!';
}

int parse_script(const char *text, long bytes, char *line, struct script *script)
{
    char *begin = line + 2, *end = line, *name_end;

    memset(line, 0, SCRIPT_LINE);
    memcpy(line, text, bytes < SCRIPT_LINE ? bytes : SCRIPT_LINE);
    while (end < line + SCRIPT_LINE && *end != '\n')
        end++;
    if (end == line + SCRIPT_LINE) {
        // A name at the very end of what is looked at may go on behind it.
        if (skip_name(skip_blanks(begin, end), end) == end)
            return -ENOEXEC;
        end--;
    }
    while (end > begin && is_blank(end[-1]))
        end--;
    *end = 0;
    begin = skip_blanks(begin, end);
    name_end = skip_name(begin, end);
    if (name_end == begin)
        return -ENOEXEC;
    script->interpreter = begin;
    script->argument = NULL;
    if (is_blank(*name_end)) {
        char *argument = skip_blanks(name_end, end);
        *name_end = 0;
        if (*argument)
            script->argument = argument;
    }
    return 0;
}
