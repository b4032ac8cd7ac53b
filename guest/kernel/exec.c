// Loads a static ELF program into user space: ET_EXEC, or ET_DYN that relocates itself (static-pie).
// The file is hostile until checked: every header field is bounded before it is used.
#include "elf.h"
#include "kernel.h"
#include "memory.h"

#define FIRST_READ   1024           // the ELF header and, nearly always, the program headers
#define MAX_PHDRS    64
#define EAGER_BSS    8              // pages of .bss that come with the last page of .data

// What is known of the file while it is being loaded.
struct loader {
    u64 fd;
    u64 bias;                       // added to the file's addresses
    u64 mapped_end;                 // pages below are taken by earlier segments
    u64 entry;
    bool entry_seen;                // an executable segment holds the entry point
    const char *why;
};

static int refuse(struct loader *loader, int error, const char *why)
{
    loader->why = why;
    return -error;
}

static int check_header(struct loader *loader, const struct elf_header *header, long bytes)
{
    if (bytes < (long)sizeof(*header) || header->e_magic != ELF_MAGIC)
        return refuse(loader, ENOEXEC, "not an ELF file");
    if (header->e_class != ELFCLASS64 || header->e_data != ELFDATA2LSB || header->e_machine != EM_X86_64)
        return refuse(loader, ENOEXEC, "not an x86-64 program");
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return refuse(loader, ENOEXEC, "not an executable");
    if (header->e_phentsize != sizeof(struct program_header) || header->e_phnum == 0)
        return refuse(loader, ENOEXEC, "no program headers of the right size");
    if (header->e_phnum > MAX_PHDRS)
        return refuse(loader, ENOEXEC, "too many program headers");
    if (header->e_phoff > INT64_MAX - MAX_PHDRS * sizeof(struct program_header))
        return refuse(loader, ENOEXEC, "program headers outside the file");
    return 0;
}

static int check_segment(struct loader *loader, const struct program_header *segment)
{
    if (segment->p_filesz > segment->p_memsz)
        return refuse(loader, ENOEXEC, "a segment is larger in the file than in memory");
    if ((segment->p_vaddr ^ segment->p_offset) & PAGE_MASK)
        return refuse(loader, ENOEXEC, "a segment is not aligned as its file offset");
    if (segment->p_offset > INT64_MAX || segment->p_filesz > INT64_MAX - segment->p_offset)
        return refuse(loader, ENOEXEC, "a segment is outside the file");
    // Both bounds are far below 2^64, so the sums cannot wrap once each part has been checked.
    if (segment->p_vaddr >= USER_STACK_LIMIT || segment->p_memsz > USER_STACK_LIMIT
        || segment->p_vaddr + loader->bias < USER_BOTTOM
        || segment->p_vaddr + loader->bias + segment->p_memsz > USER_STACK_LIMIT)
        return refuse(loader, ENOEXEC, "a segment is outside user space");
    if (PAGE_DOWN(segment->p_vaddr + loader->bias) < loader->mapped_end)
        return refuse(loader, ENOEXEC, "segments overlap or are out of order");
    return 0;
}

// Contiguous memory and one read for what the file has of a segment: the host copies, not ring 0. The rest of .bss comes on demand.
static int load_segment(struct loader *loader, const struct program_header *segment)
{
    u64 start = segment->p_vaddr + loader->bias, first = PAGE_DOWN(start);
    u64 pages = (PAGE_UP(start + segment->p_memsz) - first) / PAGE_SIZE;
    u64 loaded = segment->p_filesz ? (PAGE_UP(start + segment->p_filesz) - first) / PAGE_SIZE : 0;
    u64 bits = prot_bits((segment->p_flags & PF_R ? PROT_READ : 0) | (segment->p_flags & PF_W ? PROT_WRITE : 0)
                         | (segment->p_flags & PF_X ? PROT_EXEC : 0));
    u64 physical = 0;

    loaded = loaded + EAGER_BSS < pages ? loaded + EAGER_BSS : pages;
    if (commit(pages) < 0)
        return refuse(loader, ENOMEM, "not enough memory");
    physical = kalloc_pages(loaded);
    if (!physical || vma_add(first, first + loaded * PAGE_SIZE, bits, VMA_CHARGED | VMA_FILE) < 0
        || (loaded < pages && vma_add(first + loaded * PAGE_SIZE, first + pages * PAGE_SIZE, bits, VMA_CHARGED) < 0))
        return refuse(loader, ENOMEM, "not enough memory");
    if (segment->p_filesz) {
        long bytes = hypercall_pread(loader->fd, physical + (start & PAGE_MASK), segment->p_filesz, segment->p_offset);
        if (bytes < 0)
            return refuse(loader, -bytes, "cannot be read");
        if ((u64)bytes != segment->p_filesz)
            return refuse(loader, ENOEXEC, "the file ends before its segments do");
    }
    loader->mapped_end = first + pages * PAGE_SIZE;
    if (segment->p_flags & PF_X && loader->entry - start < segment->p_memsz)
        loader->entry_seen = true;
    if (map_user(first, physical, loaded, bits) < 0)
        return refuse(loader, ENOMEM, "not enough memory");
    return 0;
}

static int load_segments(struct loader *loader, struct process *process, const struct elf_header *header,
                         const struct program_header *segments)
{
    const struct program_header *end = segments + header->e_phnum;
    int error;

    for (const struct program_header *segment = segments; segment < end; segment++) {
        if (segment->p_type == PT_INTERP)
            return refuse(loader, ENOEXEC, "dynamically linked (it has a PT_INTERP): only static programs run here");
        if (segment->p_type == PT_GNU_STACK && segment->p_flags & PF_X)
            process->stack_bits &= ~PTE_NX;
        if (segment->p_type != PT_LOAD || segment->p_memsz == 0)
            continue;
        error = check_segment(loader, segment);
        if (!error)
            error = load_segment(loader, segment);
        if (error)
            return error;
        if (header->e_phoff - segment->p_offset < segment->p_filesz)
            process->phdr = segment->p_vaddr + loader->bias + header->e_phoff - segment->p_offset;
    }
    if (!loader->entry_seen)
        return refuse(loader, ENOEXEC, "the entry point is in no executable segment");
    brk_init(loader->mapped_end);
    return 0;
}

static int load(struct loader *loader, struct process *process, void *buffer)
{
    const struct elf_header *header = buffer;
    const struct program_header *segments;
    struct program_header *table = NULL;
    long bytes = hypercall_pread(loader->fd, V2P(buffer), FIRST_READ, 0);
    int error;

    if (bytes < 0)
        return refuse(loader, -bytes, "cannot be read");
    error = check_header(loader, header, bytes);
    if (error)
        return error;
    u64 table_bytes = header->e_phnum * sizeof(struct program_header);
    if (header->e_phoff <= (u64)bytes && table_bytes <= (u64)bytes - header->e_phoff) {
        segments = buffer + header->e_phoff;
    } else {
        segments = table = kmalloc(table_bytes);
        if (!table)
            return refuse(loader, ENOMEM, "not enough memory");
        if (hypercall_pread(loader->fd, V2P(table), table_bytes, header->e_phoff) != (long)table_bytes)
            error = refuse(loader, ENOEXEC, "program headers outside the file");
    }
    loader->bias = header->e_type == ET_DYN ? PIE_BASE : 0;
    loader->entry = header->e_entry + loader->bias;
    process->entry = loader->entry;
    process->phnum = header->e_phnum;
    process->stack_bits = BITS_ANY | PTE_W | PTE_NX;
    if (!error)
        error = load_segments(loader, process, header, segments);
    if (table)
        kfree(table, table_bytes);
    return error;
}

// On failure *why says what is wrong with the file, or stays null when it could not be opened.
int exec(struct process *process, const char *path, const char **why)
{
    struct loader loader = { 0 };
    long fd = hypercall_open(path);
    void *buffer;
    int error = -ENOMEM;

    if (fd < 0)
        return fd;
    loader.fd = fd;
    loader.why = "not enough memory";
    buffer = kmalloc(FIRST_READ);
    if (buffer) {
        error = load(&loader, process, buffer);
        kfree(buffer, FIRST_READ);
    }
    hypercall_close(fd);
    *why = loader.why;
    return error;
}
