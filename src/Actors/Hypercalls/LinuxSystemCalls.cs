using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;

namespace KvmActors.Actors.Hypercalls;

/// <summary>
/// The Linux x86-64 system calls a guest kernel may forward (numbers of <c>asm/unistd_64.h</c>). The third argument is in RCX:
/// DX holds the port.
/// </summary>
internal static class LinuxSystemCalls
{
    private const uint Read = 0, Write = 1, Open = 2, Close = 3, Lseek = 8, Pread64 = 17;

    /// <summary>Decodes a forwarded call.</summary>
    /// <param name="registers">The vCPU's registers at the hypercall.</param>
    /// <param name="cr3">The process's page tables.</param>
    /// <param name="request">What to do.</param>
    /// <returns>None, or ENOSYS.</returns>
    public static Errno TryDecode(in kvm_regs registers, ulong cr3, out FileRequest request)
    {
        var space = AddressSpace.User(cr3);

        // As on Linux, numbers, descriptors and flags are ints: the upper half of their registers is not looked at.
        var fd = (int)registers.rdi;
        request = (uint)registers.rax switch
        {
            Read => new FileRequest(HypercallId.Read, space, fd, registers.rsi, registers.rcx),
            Write => new FileRequest(HypercallId.Write, space, fd, registers.rsi, registers.rcx),
            Open => new FileRequest(HypercallId.Open, space, Fd: -1, registers.rdi, Flags: (int)registers.rsi),
            Close => new FileRequest(HypercallId.Close, space, fd),
            Lseek => new FileRequest(HypercallId.Lseek, space, fd, Offset: (long)registers.rsi, Whence: (int)registers.rcx),
            Pread64 => new FileRequest(HypercallId.Pread64, space, fd, registers.rsi, registers.rcx, (long)registers.r10),
            _ => new FileRequest(HypercallId.Unknown, space, Fd: -1),
        };
        return request.Id == HypercallId.Unknown ? Errno.ENOSYS : Errno.None;
    }
}
