// An ELF file while it is being loaded: load.c, for exec.c alone.
#ifndef LOAD_H
#define LOAD_H

#include "types.h"

#define FIRST_READ   1024           // the ELF header and, nearly always, the program headers; a script's first line

struct program_header;

struct image {
    u64 fd;
    void *header;                   // the file's first bytes
    long bytes;                     // how many of them there are
    const struct program_header *segments;
    void *table;                    // those, when they are not among the first bytes
    u64 table_bytes;
    u64 phnum;
    u64 bias;                       // added to the file's addresses
    u64 end;                        // pages below are taken by earlier segments
    u64 entry;
    u64 phdr;                       // user address of the program headers
    bool entry_seen;                // an executable segment holds the entry point
    bool wants_executable_stack;
    const char *why;                // what is wrong with the file; null when it could not be opened
};

// Opens a file and reads its first bytes. What was opened is closed by image_close, whatever came of it.
int image_open(struct image *image, const char *path);
void image_close(struct image *image);
int image_read_headers(struct image *image);

// The interpreter that a program names, or null; the text stays.
int image_read_interpreter(struct image *image, const char **path);

// Loads the segments, those of ET_DYN from an address up, or below the mappings' top for 0.
int image_load(struct image *image, u64 from);

// Notes why, and returns -error.
int image_refuse(struct image *image, int error, const char *why);

#endif
