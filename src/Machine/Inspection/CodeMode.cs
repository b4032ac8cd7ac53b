using KvmActors.Interop.Kvm.Native;

namespace KvmActors.Machine.Inspection;

/// <summary>The mode a vCPU executes in, and where its code and its stack are in linear memory.</summary>
public static class CodeMode
{
    private const ulong Cr0ProtectionEnable = 1;

    /// <summary>16, 32 or 64: how the code at RIP is to be read.</summary>
    public static int BitsOf(in kvm_sregs special) =>
        IsProtected(special) && special.cs.l != 0 ? 64 : special.cs.db != 0 ? 32 : 16;

    /// <summary>Whether segments hold selectors.</summary>
    public static bool IsProtected(in kvm_sregs special) => (special.cr0 & Cr0ProtectionEnable) != 0;

    /// <summary>RIP as a linear address.</summary>
    public static ulong LinearRip(in kvm_regs registers, in kvm_sregs special) =>
        BitsOf(special) == 64 ? registers.rip : unchecked((uint)(special.cs.@base + registers.rip));

    /// <summary>RSP as a linear address.</summary>
    public static ulong LinearStack(in kvm_regs registers, in kvm_sregs special) =>
        BitsOf(special) == 64 ? registers.rsp
        : unchecked((uint)(special.ss.@base + (special.ss.db != 0 ? registers.rsp : (ushort)registers.rsp)));
}
