// Loads an ELF program or its interpreter into user space: ET_EXEC where it says, ET_DYN where there is room. The file is hostile
// until checked: every header field is bounded before it is used.
#include "elf.h"
#include "kernel.h"
#include "load.h"
#include "memory.h"

#define MAX_PHDRS    64
#define MAX_ALIGN    GIB
#define EAGER_BSS    8              // pages of .bss that come with the last page of .data
#define PATH_BYTES   4096           // PATH_MAX of linux/limits.h

int image_refuse(struct image *image, int error, const char *why)
{
    image->why = why;
    return -error;
}

static int check_header(struct image *image, const struct elf_header *header)
{
    if (image->bytes < (long)sizeof(*header) || header->e_magic != ELF_MAGIC)
        return image_refuse(image, ENOEXEC, "not an ELF file");
    if (header->e_class != ELFCLASS64 || header->e_data != ELFDATA2LSB || header->e_machine != EM_X86_64)
        return image_refuse(image, ENOEXEC, "not an x86-64 program");
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return image_refuse(image, ENOEXEC, "not an executable");
    if (header->e_phentsize != sizeof(struct program_header) || header->e_phnum == 0)
        return image_refuse(image, ENOEXEC, "no program headers of the right size");
    if (header->e_phnum > MAX_PHDRS)
        return image_refuse(image, ENOEXEC, "too many program headers");
    if (header->e_phoff > INT64_MAX - MAX_PHDRS * sizeof(struct program_header))
        return image_refuse(image, ENOEXEC, "program headers outside the file");
    return 0;
}

// What the file has of a segment must be in the file.
static int check_part(struct image *image, const struct program_header *segment)
{
    if (segment->p_offset > INT64_MAX || segment->p_filesz > INT64_MAX - segment->p_offset)
        return image_refuse(image, ENOEXEC, "a segment is outside the file");
    return 0;
}

static int check_segment(struct image *image, const struct program_header *segment)
{
    u64 start = segment->p_vaddr + image->bias;

    if (segment->p_filesz > segment->p_memsz)
        return image_refuse(image, ENOEXEC, "a segment is larger in the file than in memory");
    if ((segment->p_vaddr ^ segment->p_offset) & PAGE_MASK)
        return image_refuse(image, ENOEXEC, "a segment is not aligned as its file offset");
    // Each part is far below 2^64 once it has been checked, so the sum cannot wrap.
    if (segment->p_vaddr >= USER_STACK_LIMIT || segment->p_memsz > USER_STACK_LIMIT || start < USER_BOTTOM
        || start > USER_STACK_LIMIT || start + segment->p_memsz > USER_STACK_LIMIT)
        return image_refuse(image, ENOEXEC, "a segment is outside user space");
    if (PAGE_DOWN(start) < image->end)
        return image_refuse(image, ENOEXEC, "segments overlap or are out of order");
    return check_part(image, segment);
}

// Contiguous memory and one read for what the file has of a segment: the host copies, not ring 0. The rest of .bss comes on demand.
static int load_segment(struct image *image, const struct program_header *segment)
{
    u64 start = segment->p_vaddr + image->bias, first = PAGE_DOWN(start);
    u64 pages = (PAGE_UP(start + segment->p_memsz) - first) / PAGE_SIZE;
    u64 loaded = segment->p_filesz ? (PAGE_UP(start + segment->p_filesz) - first) / PAGE_SIZE : 0;
    u64 bits = prot_bits((segment->p_flags & PF_R ? PROT_READ : 0) | (segment->p_flags & PF_W ? PROT_WRITE : 0)
                         | (segment->p_flags & PF_X ? PROT_EXEC : 0));
    u64 physical = 0;

    if (!vma_is_free(first, first + pages * PAGE_SIZE))
        return image_refuse(image, ENOEXEC, "a segment is where another file's is");
    loaded = loaded + EAGER_BSS < pages ? loaded + EAGER_BSS : pages;
    if (commit(pages) < 0)
        return image_refuse(image, ENOMEM, "not enough memory");
    physical = kalloc_pages(loaded);
    if (!physical || vma_add(first, first + loaded * PAGE_SIZE, bits, VMA_CHARGED | VMA_FILE) < 0
        || (loaded < pages && vma_add(first + loaded * PAGE_SIZE, first + pages * PAGE_SIZE, bits, VMA_CHARGED) < 0))
        return image_refuse(image, ENOMEM, "not enough memory");
    if (segment->p_filesz) {
        long bytes = hypercall_pread(image->fd, physical + (start & PAGE_MASK), segment->p_filesz, segment->p_offset);
        if (bytes < 0)
            return image_refuse(image, -bytes, "cannot be read");
        if ((u64)bytes != segment->p_filesz)
            return image_refuse(image, ENOEXEC, "the file ends before its segments do");
    }
    image->end = first + pages * PAGE_SIZE;
    if (segment->p_flags & PF_X && image->entry - start < segment->p_memsz)
        image->entry_seen = true;
    if (map_user(first, physical, loaded, bits) < 0)
        return image_refuse(image, ENOMEM, "not enough memory");
    return 0;
}

int image_open(struct image *image, const char *path)
{
    long fd = hypercall_open(path);

    *image = (struct image){ .why = NULL };
    if (fd < 0)
        return fd;
    image->fd = fd;
    image->header = kmalloc(FIRST_READ);
    if (!image->header)
        return image_refuse(image, ENOMEM, "not enough memory");
    image->bytes = hypercall_pread(fd, V2P(image->header), FIRST_READ, 0);
    if (image->bytes < 0)
        return image_refuse(image, -image->bytes, "cannot be read");
    return 0;
}

void image_close(struct image *image)
{
    if (image->table)
        kfree(image->table, image->table_bytes);
    if (image->header)
        kfree(image->header, FIRST_READ);
    hypercall_close(image->fd);
}

int image_read_headers(struct image *image)
{
    const struct elf_header *header = image->header;
    int error = check_header(image, header);

    if (error)
        return error;
    image->phnum = header->e_phnum;
    image->table_bytes = header->e_phnum * sizeof(struct program_header);
    if (header->e_phoff <= (u64)image->bytes && image->table_bytes <= (u64)image->bytes - header->e_phoff) {
        image->segments = image->header + header->e_phoff;
        return 0;
    }
    image->segments = image->table = kmalloc(image->table_bytes);
    if (!image->table)
        return image_refuse(image, ENOMEM, "not enough memory");
    if (hypercall_pread(image->fd, V2P(image->table), image->table_bytes, header->e_phoff) != (long)image->table_bytes)
        return image_refuse(image, ENOEXEC, "program headers outside the file");
    return 0;
}

// The first PT_INTERP counts.
int image_read_interpreter(struct image *image, const char **path)
{
    const struct program_header *segment = image->segments, *end = segment + image->phnum;
    char *text;
    int error;

    *path = NULL;
    while (segment < end && segment->p_type != PT_INTERP)
        segment++;
    if (segment == end)
        return 0;
    error = check_part(image, segment);
    if (error)
        return error;
    if (segment->p_filesz < 2 || segment->p_filesz > PATH_BYTES)
        return image_refuse(image, ENOEXEC, "the name of its interpreter is too short or too long");
    text = kmalloc(segment->p_filesz);
    if (!text)
        return image_refuse(image, ENOMEM, "not enough memory");
    if (hypercall_pread(image->fd, V2P(text), segment->p_filesz, segment->p_offset) != (long)segment->p_filesz
        || text[segment->p_filesz - 1])
        return image_refuse(image, ENOEXEC, "the name of its interpreter has no end");
    *path = text;
    return 0;
}

// How segments want to be aligned, and from there below the first one to the end of the last one's last page.
static void measure(const struct image *image, u64 *first, u64 *bytes, u64 *align)
{
    u64 end = 0;

    *first = ~0UL;
    *align = PAGE_SIZE;
    for (const struct program_header *segment = image->segments; segment < image->segments + image->phnum; segment++) {
        if (segment->p_type != PT_LOAD || segment->p_memsz == 0)
            continue;
        if (*first == ~0UL)
            *first = PAGE_DOWN(segment->p_vaddr);
        if (segment->p_vaddr < USER_TOP && segment->p_memsz <= USER_TOP && segment->p_vaddr + segment->p_memsz > end)
            end = segment->p_vaddr + segment->p_memsz;
        if (segment->p_align > *align && segment->p_align <= MAX_ALIGN && !(segment->p_align & (segment->p_align - 1)))
            *align = segment->p_align;
    }
    *first &= ~(*align - 1);
    *bytes = end > *first ? PAGE_UP(end) - *first : 0;
}

// Before its segments, where it goes when that is ours to say: from an address up, or, for 0, below the mappings' top.
static int place(struct image *image, u64 from)
{
    const struct elf_header *header = image->header;
    u64 first, bytes, align, start;

    if (header->e_type == ET_DYN) {
        measure(image, &first, &bytes, &align);
        start = from;
        if (!start) {
            start = bytes ? vma_gap(bytes + align - PAGE_SIZE, mmap_top, 0) : mmap_top;
            if (!start)
                return image_refuse(image, ENOMEM, "not enough room");
            start += align - 1;
        }
        image->bias = (start & ~(align - 1)) - first;
    }
    image->entry = header->e_entry + image->bias;
    return 0;
}

int image_load(struct image *image, u64 from)
{
    const struct elf_header *header = image->header;
    const struct program_header *end = image->segments + image->phnum;
    int error = place(image, from);

    for (const struct program_header *segment = image->segments; !error && segment < end; segment++) {
        if (segment->p_type == PT_GNU_STACK && segment->p_flags & PF_X)
            image->wants_executable_stack = true;
        if (segment->p_type != PT_LOAD || segment->p_memsz == 0)
            continue;
        error = check_segment(image, segment);
        if (!error)
            error = load_segment(image, segment);
        if (header->e_phoff - segment->p_offset < segment->p_filesz)
            image->phdr = segment->p_vaddr + image->bias + header->e_phoff - segment->p_offset;
    }
    if (!error && !image->entry_seen)
        error = image_refuse(image, ENOEXEC, "the entry point is in no executable segment");
    return error;
}
