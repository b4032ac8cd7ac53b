using System.Text;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Syscalls;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class SyscallPathsTests : IDisposable
{
    private const ulong PathAddress = 0x100;

    private readonly GuestMemory _memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 1 << 20));

    public void Dispose() => _memory.Dispose();

    [Theory]
    [InlineData(CallNumber.Open, PathAddress, 0, "/etc/os-release")]
    [InlineData(CallNumber.Openat, 0xDEAD, PathAddress, "/etc/os-release")]
    [InlineData(CallNumber.Statfs, PathAddress, 0, "/etc/os-release")]
    [InlineData(CallNumber.Utimensat, 0xDEAD, PathAddress, "/etc/os-release")]
    [InlineData(CallNumber.Read, PathAddress, PathAddress, "")]
    [InlineData(CallNumber.Zero, PathAddress, PathAddress, "")]
    [InlineData(CallNumber.Unknown, PathAddress, PathAddress, "")]
    [InlineData(CallNumber.Open, ulong.MaxValue - 3, 0, "")]
    public void Read_Call_IsItsPathAsFarAsThereIsOne(CallNumber number, ulong first, ulong second, string expected) =>
        Assert.Equal(expected, Read(new GuestCall(number, AddressSpace.Physical, first, second), room: 100));

    [Fact]
    public void Read_LongerThanTheRoom_IsCut() =>
        Assert.Equal("/etc", Read(new GuestCall(CallNumber.Open, AddressSpace.Physical, PathAddress), room: 4));

    [Fact]
    public void Read_PageTablesOutsideMemory_IsNothing() =>
        Assert.Equal("", Read(new GuestCall(CallNumber.Openat, AddressSpace.User(ulong.MaxValue), Second: 0xDEAD), room: 100));

    private string Read(in GuestCall call, int room)
    {
        Assert.True(_memory.TryWriteBytes(new GuestPhysAddr(PathAddress), "/etc/os-release\0"u8));
        Span<byte> target = stackalloc byte[room];
        return Encoding.UTF8.GetString(target[..SyscallPaths.Read(new GuestBuffers(_memory), call, target)]);
    }
}
