// A virtual machine as a plain C program makes it: one vCPU in real mode, flat memory from address 0.
#ifndef VM_H
#define VM_H

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>

#define MEMORY_BYTES (16ul << 20)

// Ports, as in guest/include/hypercall.h; the console takes a byte at a time.
#define PORT_CONSOLE 0xE9
#define PORT_OPEN    0x8000
#define PORT_READ    0x8001
#define PORT_EXIT    0x8005

struct image {
    void *bytes;
    size_t size;
};

struct vm {
    int fd, vcpu;
    uint8_t *memory;
    struct kvm_run *run;
};

// Ends the process with one line: what failed, on what, and why.
_Noreturn void fail(const char *operation, const char *object);

uint64_t now_ns(void);

struct image read_image(const char *path);

// Opens the device; a process does so once.
int open_kvm(void);

// Creates a VM whose memory is a fresh anonymous mapping, or the given one.
void create_vm(struct vm *vm, int kvm, void *memory);

// Puts the image at address 0 and the vCPU at its first byte.
void load_vm(struct vm *vm, const struct image *image);
void set_entry(struct vm *vm);

// Runs until the next exit.
void run_vcpu(struct vm *vm);

// Reads all registers and forgets them, as the usual tutorial does on every exit.
void read_registers(const struct vm *vm);

void destroy_vm(struct vm *vm, int owns_memory);

// Ends the process: this exit means nothing here.
_Noreturn void unexpected_exit(const struct vm *vm);

// The data of the pending port exit.
static inline void *io_data(const struct vm *vm) { return (uint8_t *)vm->run + vm->run->io.data_offset; }

// What each subcommand does; the arguments are those after its name.
int exits(char **arguments, int reads_registers);
int files(char **arguments, int reads_registers);
int starts(char **arguments);
int resets(char **arguments);
int stops(char **arguments);
int processes(char **arguments, const char *self);
int one(char **arguments);
_Noreturn void spin(void);

// Boots the guest kernel with a program; its exit status.
int run_program(const struct image *kernel, const char *program);

#endif
