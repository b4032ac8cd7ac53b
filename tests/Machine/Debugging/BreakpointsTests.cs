using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Debugging;

namespace KvmActors.Machine.Tests.Debugging;

public sealed class BreakpointsTests
{
    private static kvm_sregs RealMode => default;

    [Theory]
    [InlineData(false, 0xCC)]
    [InlineData(true, 0x90)]
    public void TryAdd_ShowsInMemoryUnlessTheProcessorStopsByItself(bool isUnseen, byte expected)
    {
        using var memory = Memory();
        var breakpoints = new Breakpoints(memory, isUnseen);

        Assert.True(breakpoints.TryAdd(RealMode, 0x10));

        Assert.True(memory.TryRead(new GuestPhysAddr(0x10), out byte shown));
        Span<byte> read = stackalloc byte[2];
        Assert.Equal(2, breakpoints.Read(RealMode, 0xF, read));
        Assert.Equal((expected, (byte)0x90, true), (shown, read[1], breakpoints.Has(0x10)));
        Assert.Equal([0x10UL], breakpoints.Addresses);

        breakpoints.Clear();
        Assert.True(memory.TryRead(new GuestPhysAddr(0x10), out byte after));
        Assert.Equal(((byte)0x90, false), (after, breakpoints.Any));
    }

    [Fact]
    public void TryAdd_OnNoMemory_IsRefusedWhereItHasToBeWrittenThere()
    {
        using var memory = Memory();

        Assert.False(new Breakpoints(memory).TryAdd(RealMode, 0x10_0000));
        Assert.True(new Breakpoints(memory, isUnseen: true).TryAdd(RealMode, 0x10_0000));
    }

    [Fact]
    public void TryAdd_MoreThanThereCanBe_IsRefused()
    {
        using var memory = Memory();
        var breakpoints = new Breakpoints(memory, isUnseen: true);
        for (var address = 0UL; address < 4096; address++)
        {
            Assert.True(breakpoints.TryAdd(RealMode, address));
        }

        Assert.False(breakpoints.TryAdd(RealMode, 4096));
        Assert.True(breakpoints.TryAdd(RealMode, 0));
    }

    private static GuestMemory Memory()
    {
        var memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 0x1000));
        Assert.True(memory.TryWriteBytes(new GuestPhysAddr(0), Enumerable.Repeat((byte)0x90, 0x1000).ToArray()));
        return memory;
    }
}
