using KvmActors.Interop.Kvm.Native;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Syscalls;

namespace KvmActors.Linux.Tests.Syscalls;

public class SyscallConventionTests
{
    private static readonly kvm_regs Registers = new() { rdi = 1, rsi = 2, rcx = 3, rdx = 0x8010, r10 = 4, r8 = 5, r9 = 6 };

    [Fact]
    public void Decode_Arguments_AreTheKernelsWithRcxForRdx() => Assert.Equal(
        new GuestCall(CallNumber.Preadv2, AddressSpace.User(0x7000), 1, 2, 3, 4, 5, 6), SyscallConvention.Decode(Registers with { rax = 327 }, 0x7000));

    [Theory]
    [InlineData(0xFFFF_FFFF_0000_0003, 3)]
    [InlineData(ulong.MaxValue, -1)]
    [InlineData(0x8000_0000, int.MinValue)]
    public void Decode_NumbersUpperHalf_IsNotLookedAt(ulong rax, int number) =>
        Assert.Equal((CallNumber)number, SyscallConvention.Decode(Registers with { rax = rax }, 0).Number);

    [Theory]
    [InlineData(0xFFFF_FFFF, -1)]
    [InlineData(0x1_0000_0001, 1)]
    [InlineData(0x8000_0000, int.MinValue)]
    public void Fd_RegistersUpperHalf_IsNotLookedAt(ulong rdi, int fd) =>
        Assert.Equal(fd, SyscallConvention.Decode(Registers with { rdi = rdi }, 0).Fd);
}
