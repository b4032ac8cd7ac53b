// Starts a program: finds the interpreters of scripts, loads the program and the interpreter it names, which then loads libraries
// by itself. Where things go is random, but for programs that say where.
#include "kernel.h"
#include "load.h"
#include "memory.h"
#include "x86.h"

#define MAX_SCRIPTS  5              // interpreters that are scripts in turn (fs/exec.c)

// A script's interpreter gets the script's name where the program's name was, and the words of its first line before that.
static int read_script(struct process *process, struct image *image, const char **path)
{
    struct script script;
    char *line = kmalloc(SCRIPT_LINE);

    if (!line)
        return image_refuse(image, ENOMEM, "not enough memory");
    if (parse_script(image->header, image->bytes, line, &script) < 0)
        return image_refuse(image, ENOEXEC, "a script without the name of its interpreter in its first 256 bytes");
    if (script.argument)
        process->words[process->word_count++] = script.argument;
    process->words[process->word_count++] = script.interpreter;
    *path = process->interpreter = script.interpreter;
    return 0;
}

// Opens what is a program in the end.
static int open_program(struct process *process, struct image *image, const char *path)
{
    int error, scripts = 0;

    for (;;) {
        error = image_open(image, path);
        if (error || !is_script(image->header, image->bytes))
            break;
        error = scripts++ < MAX_SCRIPTS ? read_script(process, image, &path) : image_refuse(image, ELOOP, "too many scripts interpret one another");
        if (error)
            break;
        image_close(image);
    }
    process->path = path;
    return error;
}

static int load_interpreter(struct process *process, const char *path, const char **why)
{
    struct image image;
    int error = image_open(&image, path);

    if (!error)
        error = image_read_headers(&image);
    if (!error)
        error = image_load(&image, 0);
    if (image.header)
        image_close(&image);
    process->start = image.entry;
    process->base = image.bias;
    *why = image.why;
    return error;
}

static int load_program(struct process *process, struct image *image, u64 from, const char **interpreter)
{
    int error = image_read_headers(image);

    if (!error)
        error = image_read_interpreter(image, interpreter);
    if (!error)
        error = image_load(image, from);
    process->start = process->entry = image->entry;
    process->base = 0;
    process->phdr = image->phdr;
    process->phnum = image->phnum;
    process->stack_bits = BITS_ANY | PTE_W | (image->wants_executable_stack ? 0 : PTE_NX);
    return error;
}

// On failure *why says what is wrong with the file, or stays null when it could not be opened; process->interpreter is the
// interpreter that it is about, or null.
int exec(struct process *process, const char *path, const char **why)
{
    u64 random[2] = { 0, 0 };
    const char *interpreter = NULL;
    struct image image;
    int error;

    if (hypercall_random(V2P(random), sizeof(random)) < 0)
        random[0] = random[1] = rdtsc() * 0x9E3779B97F4A7C15UL >> 24;
    mmap_top = MMAP_TOP - random[0] % PLACES * PAGE_SIZE;
    error = open_program(process, &image, path);
    if (!error && map_vdso(process) < 0)
        error = image_refuse(&image, ENOMEM, "not enough memory");
    if (!error)
        error = load_program(process, &image, PIE_BASE + random[1] % PLACES * PAGE_SIZE, &interpreter);
    *why = image.why;
    if (image.header)
        image_close(&image);
    if (error)
        return error;
    brk_init(image.end);
    process->heap = image.end;
    process->interpreter = interpreter;
    return interpreter ? load_interpreter(process, interpreter, why) : 0;
}
