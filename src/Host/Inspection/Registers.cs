using KvmActors.Interop.Kvm.Native;

namespace KvmActors.Host.Inspection;

/// <summary>The registers by name, in the order people look for them.</summary>
internal static class Registers
{
    /// <summary>General registers, RIP and RFLAGS.</summary>
    public static IReadOnlyList<(string Name, ulong Value)> General(in kvm_regs registers) =>
    [
        ("RAX", registers.rax), ("RBX", registers.rbx), ("RCX", registers.rcx), ("RDX", registers.rdx),
        ("RSI", registers.rsi), ("RDI", registers.rdi), ("RBP", registers.rbp), ("RSP", registers.rsp),
        ("R8", registers.r8), ("R9", registers.r9), ("R10", registers.r10), ("R11", registers.r11),
        ("R12", registers.r12), ("R13", registers.r13), ("R14", registers.r14), ("R15", registers.r15),
        ("RIP", registers.rip), ("RFLAGS", registers.rflags),
    ];

    /// <summary>Segment registers with their hidden parts.</summary>
    public static IReadOnlyList<(string Name, kvm_segment Value)> Segments(in kvm_sregs registers) =>
    [
        ("CS", registers.cs), ("SS", registers.ss), ("DS", registers.ds), ("ES", registers.es), ("FS", registers.fs), ("GS", registers.gs),
        ("TR", registers.tr), ("LDTR", registers.ldt),
    ];

    /// <summary>Control registers and EFER, with the flags that are set.</summary>
    public static IReadOnlyList<(string Name, ulong Value, IReadOnlyList<string> Flags)> Control(in kvm_sregs registers) =>
    [
        ("CR0", registers.cr0, RegisterFlags.Cr0(registers.cr0)),
        ("CR2", registers.cr2, []),
        ("CR3", registers.cr3, []),
        ("CR4", registers.cr4, RegisterFlags.Cr4(registers.cr4)),
        ("EFER", registers.efer, RegisterFlags.Efer(registers.efer)),
    ];
}
