using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Inspection;

namespace KvmActors.Machine.Tests.Inspection;

public sealed class BacktraceTests : IDisposable
{
    private const ulong Cr0Protection = 1;
    private readonly GuestMemory _memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 0x10000));

    public void Dispose() => _memory.Dispose();

    [Theory]
    [InlineData("9090e800000000", true)] // call rel32
    [InlineData("9090909090ffd0", true)] // call rax
    [InlineData("909090909041ff", false)]
    [InlineData("9090909041ffd3", true)] // call r11
    [InlineData("90ff1500100000", true)] // call [rip+0x1000]
    [InlineData("90909090ff5008", true)] // call [rax+8]
    [InlineData("909090ff542408", true)] // call [rsp+8]
    [InlineData("ff942400010000", true)] // call [rsp+0x100]
    [InlineData("9090909090ffe0", false)] // jmp rax
    [InlineData("90909090909090", false)]
    public void IsCall_BytesBeforeAReturnAddress_AreACallOrNot(string code, bool isCall) =>
        Assert.Equal(isCall, Backtrace.IsCall(Convert.FromHexString(code)));

    [Fact]
    public void Find_FramePointersThenNone_SaysHowEachFrameWasFound()
    {
        Call(0x1100);
        Call(0x1200);
        Call(0x1300);
        Call(0x1080);
        Store(0x8008, 0x1080);              // of a function without a frame pointer
        Store(0x8010, 0x8040, 0x1100);      // RBP's frame: the outer one, and the return address
        Store(0x8040, 0, 0x1200);
        Store(0x8060, 0x1300, 0x1400);      // one that is behind a call, and one that is not

        var frames = Find(rip: 0x1000, rsp: 0x8000, rbp: 0x8010);

        Assert.Equal(
            [
                new StackFrame(0x1000, FrameOrigin.Rip), new StackFrame(0x1080, FrameOrigin.StackScan),
                new StackFrame(0x1100, FrameOrigin.FramePointer),
                new StackFrame(0x1200, FrameOrigin.FramePointer), new StackFrame(0x1300, FrameOrigin.StackScan),
            ],
            frames);
    }

    [Fact]
    public void Find_FramePointersInACircle_End()
    {
        Call(0x1100);
        Store(0x8010, 0x8010, 0x1100);

        Assert.Equal(2, Find(rip: 0x1000, rsp: 0x8000, rbp: 0x8010).Count(frame => frame.Origin != FrameOrigin.StackScan));
    }

    [Fact]
    public void Find_RipThatIsNoCode_TakesTheWordAtTheStacksTop()
    {
        Call(0x1100);
        Store(0x8000, 0x1100);

        Assert.Equal([FrameOrigin.Rip, FrameOrigin.StackTop], Find(rip: 0xDEAD_0000, rsp: 0x8000, rbp: 0).Select(frame => frame.Origin));
    }

    private IReadOnlyList<StackFrame> Find(ulong rip, ulong rsp, ulong rbp)
    {
        var special = new kvm_sregs { cr0 = Cr0Protection };
        special.cs.l = 1;
        return Backtrace.Find(_memory, new kvm_regs { rip = rip, rsp = rsp, rbp = rbp }, special, address => address < 0x2000);
    }

    // `call` right before an address.
    private void Call(ulong address) => Assert.True(_memory.TryWriteBytes(new GuestPhysAddr(address - 5), [0xE8, 0, 0, 0, 0]));

    private void Store(ulong address, params ReadOnlySpan<ulong> values)
    {
        foreach (var value in values)
        {
            Assert.True(_memory.TryWrite(new GuestPhysAddr(address), value));
            address += sizeof(ulong);
        }
    }
}
