// The only way the kernel follows a user's pointer: each page is looked up in the process's tables with user permissions, brought
// when it is not there yet, and reached through the kernel's own map, so a bad pointer is an errno and never a fault.
#include "kernel.h"
#include "memory.h"

#define WINDOW 16                   // pages

// The kernel's address of a user byte, or null when user mode could not access it so.
static void *user_byte(u64 address, bool write)
{
    u64 needed = PTE_P | PTE_U | (write ? PTE_W : 0);
    const u64 *entry = page_table_entry(address);
    u64 offset;

    if (!entry || (*entry & needed) != needed) {
        if (serve_fault(address, write ? ACCESS_WRITE : ACCESS_READ, WINDOW) < 0)
            return NULL;
        entry = page_table_entry(address);
    }
    offset = *entry & PTE_PS ? LARGE_MASK : PAGE_MASK;
    return P2V((*entry & PTE_ADDR & ~offset) | (address & offset));
}

static int copy_user(u64 user, char *kernel, size_t size, bool to_user)
{
    if (user >= USER_TOP || size > USER_TOP - user)
        return -EFAULT;
    while (size) {
        size_t part = PAGE_SIZE - (user & PAGE_MASK);
        void *byte = user_byte(user, to_user);
        if (!byte)
            return -EFAULT;
        if (part > size)
            part = size;
        if (to_user)
            memcpy(byte, kernel, part);
        else
            memcpy(kernel, byte, part);
        user += part;
        kernel += part;
        size -= part;
    }
    return 0;
}

int copy_from_user(void *to, u64 from, size_t size)
{
    return copy_user(from, to, size, false);
}

int copy_to_user(u64 to, const void *from, size_t size)
{
    return copy_user(to, (char *)from, size, true);
}

u32 *user_word(u64 address)
{
    return address & 3 || address >= USER_TOP ? NULL : user_byte(address, true);
}
