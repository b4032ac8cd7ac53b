using KvmActors.Interop.Kvm.Native;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Memory;

namespace KvmActors.Linux.Syscalls;

/// <summary>
/// The Linux x86-64 system calls a guest kernel forwards (numbers of <c>asm/unistd_64.h</c>). The third argument is in RCX: DX
/// holds the port.
/// </summary>
internal static class SyscallConvention
{
    /// <summary>Takes a forwarded call out of the registers.</summary>
    /// <param name="registers">The vCPU's registers at the hypercall.</param>
    /// <param name="cr3">The process's page tables.</param>
    /// <returns>The call, whether anybody serves it or not. As on Linux, the number is an int: RAX's upper half is not looked at.</returns>
    public static GuestCall Decode(in kvm_regs registers, ulong cr3) => new(
        (CallNumber)(int)registers.rax, AddressSpace.User(cr3),
        registers.rdi, registers.rsi, registers.rcx, registers.r10, registers.r8, registers.r9);
}
