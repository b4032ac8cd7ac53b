using KvmActors.Actors.Hypercalls;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;

namespace KvmActors.Actors.Tests.Hypercalls;

public class LinuxSystemCallsTests
{
    private const ulong Cr3 = 0x7000;

    private static readonly kvm_regs Registers = new() { rdi = 5, rsi = 0x40_0000, rcx = 100, rdx = 0x8010, r10 = 0x1_0000_0000 };

    [Theory]
    [InlineData(0, HypercallId.Read)]
    [InlineData(1, HypercallId.Write)]
    public void TryDecode_ReadAndWrite_TakeTheThirdArgumentFromRcx(ulong number, HypercallId id) =>
        AssertDecoded(number, new FileRequest(id, AddressSpace.User(Cr3), 5, 0x40_0000, 100));

    [Fact]
    public void TryDecode_Pread64_TakesTheOffsetFromR10() =>
        AssertDecoded(17, new FileRequest(HypercallId.Pread64, AddressSpace.User(Cr3), 5, 0x40_0000, 100, 0x1_0000_0000));

    [Fact]
    public void TryDecode_Open_TakesPathAndFlags() =>
        AssertDecoded(2, new FileRequest(HypercallId.Open, AddressSpace.User(Cr3), -1, 5, Flags: 0x40_0000));

    [Fact]
    public void TryDecode_Close_TakesTheDescriptor() => AssertDecoded(3, new FileRequest(HypercallId.Close, AddressSpace.User(Cr3), 5));

    [Fact]
    public void TryDecode_Lseek_TakesOffsetAndWhence() =>
        AssertDecoded(8, new FileRequest(HypercallId.Lseek, AddressSpace.User(Cr3), 5, Offset: 0x40_0000, Whence: 100));

    [Fact]
    public void TryDecode_NumbersUpperHalf_IsNotLookedAt() =>
        AssertDecoded(0xFFFF_FFFF_0000_0003, new FileRequest(HypercallId.Close, AddressSpace.User(Cr3), 5));

    [Theory]
    [InlineData(0xFFFF_FFFF, -1)]
    [InlineData(0x1_0000_0001, 1)]
    [InlineData(0x8000_0000, int.MinValue)]
    public void TryDecode_DescriptorsUpperHalf_IsNotLookedAt(ulong rdi, int fd)
    {
        Assert.Equal(Errno.None, LinuxSystemCalls.TryDecode(Registers with { rdi = rdi }, Cr3, out var request));
        Assert.Equal(fd, request.Fd);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(257)]
    [InlineData(0x8000_0000)]
    [InlineData(ulong.MaxValue)]
    public void TryDecode_OtherNumbers_AreEnosys(ulong number)
    {
        Assert.Equal(Errno.ENOSYS, LinuxSystemCalls.TryDecode(Registers with { rax = number }, Cr3, out var request));
        Assert.Equal(HypercallId.Unknown, request.Id);
    }

    private static void AssertDecoded(ulong number, FileRequest expected)
    {
        Assert.Equal(Errno.None, LinuxSystemCalls.TryDecode(Registers with { rax = number }, Cr3, out var request));
        Assert.Equal(expected, request);
    }
}
