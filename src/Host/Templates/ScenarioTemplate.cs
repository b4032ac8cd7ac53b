namespace KvmActors.Host.Templates;

/// <summary>The files of a scenario to begin with.</summary>
internal static class ScenarioTemplate
{
    /// <summary>Makes the files.</summary>
    /// <param name="name">What the scenario and its VM are called.</param>
    /// <param name="kind">What the guest is written in.</param>
    /// <param name="program">How this program is called in a shell.</param>
    /// <returns>Each file's name and content.</returns>
    public static IReadOnlyList<(string Name, string Content)> Files(string name, GuestKind kind, string program)
    {
        return kind == GuestKind.C
            ? [($"{name}.json", Fill(CScenario)), ("guest.c", Fill(CGuest)), ("Makefile", Fill(CMakefile))]
            : [($"{name}.json", Fill(AsmScenario)), ("guest.S", Fill(AsmGuest)), ("Makefile", Fill(AsmMakefile))];

        string Fill(string text) => text.Replace("@NAME@", name, StringComparison.Ordinal).Replace("@PROGRAM@", program, StringComparison.Ordinal);
    }

    private const string CScenario = """
        // A scenario: the VMs to run. Comments are welcome. "check NAME.json" says what is wrong with it without running it.
        {
          "$schema": "scenario.schema.json",
          "Scenario": {
            "Name": "@NAME@",
            "Description": "A C program without a kernel says hello and what its arguments are.",

            // At most so many VMs at once.
            "MaxConcurrency": 4,
            "Vms": [
              {
                // Instances are called @NAME@-0, @NAME@-1, …
                "Name": "@NAME@",
                "Instances": 2,

                // An ELF image, entered in 64-bit mode with its memory mapped one to one and a stack. make makes it from guest.c.
                "Boot": "elf64",
                "Image": "guest.elf",
                "Vcpus": 1,
                "MemoryMiB": 4,

                // Seconds, or "250ms", "1m".
                "Timeout": 10,

                // {index}, {name} and {seed} are another in each instance. A Matrix makes instances for all combinations of values:
                // "Matrix": { "size": [1, 2, 4] } and {size} in an argument.
                "Args": ["@NAME@", "instance {index}"]

                // More keys: Env, Stdin, Devices (consoles, serial ports, register banks), Limits, Restart, Expect, …
              }
            ]
          }
        }

        """;

    private const string CGuest = """
        // A guest without a kernel: this file is all that runs in the VM. It is entered at start, below, in 64-bit mode.

        // Port 0x3F8 is the console. Port 0x8005, below, is a call of the host that ends the vCPU with a status.
        #define CONSOLE  0x3F8

        static void out8(unsigned short port, unsigned char value)
        {
            __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
        }

        static void print(const char *text)
        {
            while (*text)
                out8(CONSOLE, (unsigned char)*text++);
        }

        // What it returns is the status of the VM; anything but 0 counts as a failure unless the scenario expects it.
        int main(int argc, char **argv)
        {
            print("Hello from @NAME@");
            for (int i = 1; i < argc; i++) {
                print(", ");
                print(argv[i]);
            }
            print("\n");
            return 0;
        }

        // RSP points to argc, then come the arguments' addresses, as in any program on Linux.
        __asm__(
            ".globl start\n"
            "start:\n"
            "    mov (%rsp), %rdi\n"
            "    lea 8(%rsp), %rsi\n"
            "    call main\n"
            "    mov $0x8005, %edx\n"
            "    out %eax, %dx\n"
            "1:  hlt\n"
            "    jmp 1b\n");

        """;

    private const string CMakefile = """
        # make builds the guest, make run runs it, make check looks at the scenario only.
        KVMACTORS ?= @PROGRAM@

        # No library is below it, no red zone and no vector registers: an interrupt would not keep them.
        CFLAGS := -std=c17 -O2 -Wall -Wextra -ffreestanding -fno-stack-protector -fcf-protection=none \
                  -fno-asynchronous-unwind-tables -fno-pie -mno-red-zone -mgeneral-regs-only
        # Below 0x1F6000: there the boot structures are.
        LDFLAGS := -static -nostdlib --build-id=none -z noexecstack -z noseparate-code -Ttext-segment=0x10000 -e start

        guest.elf: guest.o
        	ld $(LDFLAGS) -o $@ $<

        guest.o: guest.c
        	gcc $(CFLAGS) -c -o $@ $<

        .PHONY: run check clean
        run: guest.elf
        	$(KVMACTORS) --scenario @NAME@.json
        check: guest.elf
        	$(KVMACTORS) check @NAME@.json
        clean:
        	rm -f guest.elf guest.o

        """;

    private const string AsmScenario = """
        // A scenario: the VMs to run. Comments are welcome. "check NAME.json" says what is wrong with it without running it.
        {
          "$schema": "scenario.schema.json",
          "Scenario": {
            "Name": "@NAME@",
            "Description": "A 64-bit program without a kernel says hello and halts.",
            "Vms": [
              {
                // Instances are called @NAME@-0, @NAME@-1, …
                "Name": "@NAME@",
                "Instances": 1,

                // Bytes that are loaded at address 0 and entered there in 64-bit mode, memory mapped one to one. make makes them
                // from guest.S. "real16" and "protected32" start in 16- and 32-bit mode.
                "Boot": "long64",
                "Image": "guest.bin",
                "Vcpus": 1,
                "MemoryMiB": 4,

                // Seconds, or "250ms", "1m".
                "Timeout": 10,

                // What is to be in the results of its memory when it has ended: run with --json FILE.
                "ReadBack": [ { "Address": "0x400", "Length": 4 } ]

                // More keys: Devices (consoles, serial ports, register banks), Registers, Limits, Restart, Expect, …
              }
            ]
          }
        }

        """;

    private const string AsmGuest = """
        // A guest without a kernel: this is all that runs in the VM. It is loaded at 0 and entered at its first instruction, in
        // 64-bit mode with a stack. Port 0x3F8 is the console; HLT ends the vCPU, and with its last one the VM.
        #define CONSOLE  0x3F8
        #define RESULT   0x400

        .code64
        .globl start
        start:
            lea text(%rip), %rsi
            mov $CONSOLE, %edx
        1:
            lodsb
            test %al, %al
            jz 2f
            out %al, %dx
            jmp 1b
        2:
            // The scenario reads this back.
            movl $42, result(%rip)
            hlt

        text: .asciz "Hello from @NAME@\n"

        // Part of the image, so that the assembler keeps code away from it.
        .org RESULT
        result: .long 0

        .section .note.GNU-stack, "", @progbits

        """;

    private const string AsmMakefile = """
        # make builds the guest, make run runs it, make check looks at the scenario only.
        KVMACTORS ?= @PROGRAM@

        guest.bin: guest.o
        	ld -static -nostdlib --build-id=none -Ttext=0 -e start --oformat binary -o $@ $<

        guest.o: guest.S
        	gcc -c -o $@ $<

        .PHONY: run check clean
        run: guest.bin
        	$(KVMACTORS) --scenario @NAME@.json
        check: guest.bin
        	$(KVMACTORS) check @NAME@.json
        clean:
        	rm -f guest.bin guest.o

        """;
}
