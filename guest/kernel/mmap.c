// mmap and munmap. Anonymous memory comes on demand; a private file mapping is a copy that is read in at once, in transfers as
// large as can be, because the file may be closed the moment after; a shared one has the file's pages, on demand (shared.c). Anonymous
// memory that is shared has nobody to be shared with.
#include "kernel.h"
#include "local.h"
#include "lock.h"
#include "memory.h"

// linux/mman.h
#define MAP_SHARED          0x01
#define MAP_PRIVATE         0x02
#define MAP_SHARED_VALIDATE 0x03
#define MAP_TYPE            0x0f
#define MAP_FIXED           0x10
#define MAP_ANONYMOUS       0x20
#define MAP_32BIT           0x40
#define MAP_NORESERVE       0x4000
#define MAP_POPULATE        0x8000
#define MAP_HUGETLB         0x40000
#define MAP_FIXED_NOREPLACE 0x100000

#define LIMIT_32BIT         0x80000000UL
#define TRANSFER_ENTRIES    32

u64 mmap_top = MMAP_TOP;

u64 prot_bits(u64 prot)
{
    if (!(prot & PROT_ALL))
        return 0;
    return BITS_ANY | (prot & PROT_WRITE ? PTE_W : 0) | (prot & PROT_EXEC ? 0 : PTE_NX);
}

// Whatever is there.
int unmap_range(u64 start, u64 end)
{
    struct vma *vma, *next;

    if (vma_is_free(start, end))
        return 0;
    // All that can fail comes first.
    if (vma_cut(start) < 0 || vma_cut(end) < 0 || split_large_page(start) < 0 || split_large_page(end) < 0)
        return -ENOMEM;
    for (vma = vma_above(start); vma != &vmas && vma->start < end; vma = next) {
        u64 freed = unmap_user(vma->start, vma->end, !vma->file);
        if (vma->flags & VMA_CHARGED)
            freed = (vma->end - vma->start) / PAGE_SIZE;
        uncommit(freed);
        next = vma->next;
        vma_remove(vma);
    }
    flush_user(start, end);
    return 0;
}

// Commits pages that take the place of what is charged in a range, before that is unmapped.
static int commit_instead(u64 pages, u64 start, u64 end)
{
    u64 charged = 0;
    int error;

    for (struct vma *vma = vma_above(start); vma != &vmas && vma->start < end; vma = vma->next)
        if (vma->flags & VMA_CHARGED)
            charged += ((vma->end < end ? vma->end : end) - (vma->start > start ? vma->start : start)) / PAGE_SIZE;
    uncommit(charged);
    error = commit(pages);
    uncommit(-charged);             // the unmapping is going to do it
    return error;
}

// Where a mapping goes, or -errno. With MAP_FIXED, what is there stays for now.
static long choose_address(u64 address, u64 bytes, u64 flags)
{
    u64 start = PAGE_DOWN(address);

    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
        if (address & PAGE_MASK)
            return -EINVAL;
        if (address < USER_BOTTOM)
            return -EPERM;
        if (address > USER_TOP - bytes)
            return -ENOMEM;
        if (flags & MAP_FIXED_NOREPLACE && !vma_is_free(address, address + bytes))
            return -EEXIST;
        return address;
    }
    if (start >= USER_BOTTOM && start <= MMAP_TOP && bytes <= MMAP_TOP - start && vma_is_free(start, start + bytes))
        return start;
    start = vma_gap(bytes, flags & MAP_32BIT ? LIMIT_32BIT : mmap_top, 0);
    return start ? (long)start : -ENOMEM;
}

// Memory with the file's bytes for a range where nothing is. How many there are.
static long read_in(u64 start, u64 end, u64 bits, u64 fd, u64 offset)
{
    struct transfer entries[TRANSFER_ENTRIES];
    long bytes = 1, total = 0;

    while (start < end && bytes > 0) {
        u64 count = 0, wanted = 0;
        for (; start < end && count < TRANSFER_ENTRIES; count++) {
            u64 next = (start | LARGE_MASK) + 1 < end ? (start | LARGE_MASK) + 1 : end;
            u64 pages = (next - start) / PAGE_SIZE;
            u64 physical = pages == LARGE_PAGES ? kalloc_large() : 0;
            if (physical) {
                u64 *entry = directory_entry(start);
                if (entry && !*entry) {
                    *entry = physical | bits | PTE_PS;
                } else {
                    kfree_run(physical, LARGE_PAGES);
                    physical = 0;
                }
            }
            if (!physical) {
                physical = kalloc_run(&pages);
                if (!physical)
                    return -ENOMEM;
                if (map_user(start, physical, pages, bits) < 0) {
                    kfree_run(physical, pages);
                    return -ENOMEM;
                }
            }
            entries[count] = (struct transfer){ physical, pages * PAGE_SIZE };
            wanted += pages * PAGE_SIZE;
            start += pages * PAGE_SIZE;
        }
        bytes = hypercall_preadv(fd, entries, count, offset);
        offset += wanted;
        total += bytes > 0 ? bytes : 0;
        if (bytes >= 0 && (u64)bytes < wanted)
            break;
    }
    return bytes < 0 ? bytes : total;
}

// A private mapping of a file: what is behind the file's last page is there to be asked for alone.
static long read_file(u64 start, u64 end, u64 bits, u64 fd, u64 offset)
{
    long bytes = read_in(start, end, bits, fd, offset);
    u64 beyond = start + PAGE_UP(bytes);

    if (bytes < 0 || beyond >= end)
        return bytes;
    if (vma_cut(beyond) < 0 || vma_cut(end) < 0 || split_large_page(beyond) < 0)
        return -ENOMEM;
    unmap_user(beyond, end, true);
    vma_find(beyond)->flags |= VMA_BEYOND;
    return bytes;
}

// Whether a file can be mapped so, or -errno: asked while it costs nothing to find out.
static long check_file(u64 fd, u64 type, u64 prot, u64 offset)
{
    struct transfer nothing = { 0, 0 };
    long error = hypercall_preadv(fd, &nothing, 0, offset);

    if (error == -EBADF)
        return hypercall_lseek(fd, 0, SEEK_CUR) == -EBADF ? -EBADF : -EACCES;   // the latter is open, but not to be read
    if (error == -ESPIPE && hypercall_read(fd, 0, 0) == -EBADF)
        return -EACCES;
    if (error == -EACCES || (type != MAP_PRIVATE && prot & PROT_WRITE && hypercall_write(fd, 0, 0) == -EBADF))
        return -EACCES;
    return error < 0 ? -ENODEV : 0;
}

static long map(u64 address, u64 length, u64 prot, u64 flags, u32 fd, u64 offset)
{
    u64 type = flags & MAP_TYPE;
    u64 bytes = PAGE_UP(length), bits = prot_bits(prot);
    u32 kind = flags & MAP_NORESERVE ? VMA_LAZY : bits ? VMA_CHARGED : 0;
    bool from_file = !(flags & MAP_ANONYMOUS), is_writable;
    struct shared_file *file = NULL;
    long error, start;

    if (offset & PAGE_MASK)
        return -EINVAL;
    error = from_file ? check_file(fd, type, prot, offset) : 0;
    if (error == -EBADF)
        return error;
    if (!length || (type != MAP_PRIVATE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE))
        return -EINVAL;
    if (length > USER_TOP || flags & MAP_HUGETLB)
        return -ENOMEM;
    if (from_file) {
        if (error)
            return error;
        kind = VMA_CHARGED | VMA_FILE;
    } else if (type != MAP_PRIVATE) {
        kind |= VMA_FILE;           // not what MADV_DONTNEED takes away
    }
    start = choose_address(address, bytes, flags);
    if (start < 0)
        return start;
    if (from_file && type != MAP_PRIVATE) {
        file = shared_open(fd, &is_writable, &error);
        if (!file)
            return error;
        kind = VMA_LAZY | VMA_FILE | (is_writable ? 0 : VMA_CONSTANT);
        shared_retain(file);
        error = flags & MAP_FIXED ? unmap_range(start, start + bytes) : 0;
        if (!error)
            error = vma_add_shared(start, start + bytes, bits, kind, file, offset / PAGE_SIZE);
        shared_release(file);       // by now it is the area's
        return error ? error : start;
    }
    if (kind & VMA_CHARGED && commit_instead(bytes / PAGE_SIZE, start, start + bytes) < 0)
        return -ENOMEM;
    error = flags & MAP_FIXED ? unmap_range(start, start + bytes) : 0;
    if (!error)
        error = vma_add(start, start + bytes, bits, kind);
    if (error) {
        if (kind & VMA_CHARGED)
            uncommit(bytes / PAGE_SIZE);
        return error;
    }
    if (from_file) {
        error = read_file(start, start + bytes, bits, fd, offset);
        if (error < 0) {
            unmap_range(start, start + bytes);
            return error;
        }
    } else if (flags & MAP_POPULATE && kind & VMA_CHARGED) {
        populate(vma_find(start), start, start + bytes);
    }
    return start;
}

LOCAL_SYSCALL sys_mmap(u64 address, u64 length, u64 prot, u64 flags, u32 fd, u64 offset)
{
    return locked(map(address, length, prot, flags, fd, offset));
}

LOCAL_SYSCALL sys_munmap(u64 start, u64 length)
{
    if (start & PAGE_MASK || !length || length > USER_TOP || start > USER_TOP - length)
        return -EINVAL;
    return locked(unmap_range(start, start + PAGE_UP(length)));
}
