using System.Text;
using FsCheck;
using FsCheck.Fluent;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Machine.Tests.Boot;

public sealed class InitialStackTests : IDisposable
{
    private const ulong Top = 0x8000;

    private readonly GuestMemory _memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 0x1_0000));

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void TryWrite_ArgsAndEnv_AreWhatStartExpects()
    {
        var stack = Write(["/bin/orw", "/etc/os-release", ""], ["HOME=/", "LANG=é"]);

        Assert.Equal(["/bin/orw", "/etc/os-release", ""], stack.Args);
        Assert.Equal(["HOME=/", "LANG=é"], stack.Env);
    }

    [Fact]
    public void TryWrite_NoArgs_IsACountOfZeroAndTwoNulls()
    {
        var stack = Write([], []);

        Assert.Empty(stack.Args);
        Assert.Empty(stack.Env);
    }

    [Fact]
    public void TryWrite_AnyStrings_StandOneAfterTheOtherAboveThePointers()
    {
        var texts = Gen.Choose(0, 200).Select(length => new string('x', length)).ArrayOf();
        Prop.ForAll(texts.ToArbitrary(), texts.ToArbitrary(), (args, env) =>
        {
            var size = InitialStack.SizeOf(args, env);
            if (size > InitialStack.UsualBytes)
            {
                return true;
            }

            Assert.True(InitialStack.TryWrite(_memory, new GuestPhysAddr(Top), args, env, out var stackPointer));
            var stack = StackReader.Read(_memory, stackPointer.Value);
            Assert.Equal(args, stack.Args);
            Assert.Equal(env, stack.Env);
            Assert.Equal(0UL, stackPointer.Value % 16);
            Assert.InRange(Top - stackPointer.Value, 0UL, size);

            var expected = stack.StringAddresses.Count > 0 ? stack.StringAddresses[0] : 0;
            foreach (var (address, text) in stack.StringAddresses.Zip(stack.Args.Concat(stack.Env)))
            {
                Assert.Equal(expected, address);
                expected += (ulong)Encoding.UTF8.GetByteCount(text) + 1;
            }

            return expected <= Top && stack.StringAddresses.All(address => address >= stack.PointersEnd);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void TryWrite_OutsideMemory_IsFalse()
    {
        Assert.False(InitialStack.TryWrite(_memory, new GuestPhysAddr(0x2_0000), ["a"], [], out _));
        Assert.False(InitialStack.TryWrite(_memory, new GuestPhysAddr(8), [], [], out _));
    }

    private StackReader Write(string[] args, string[] env)
    {
        Assert.True(InitialStack.TryWrite(_memory, new GuestPhysAddr(Top), args, env, out var stackPointer));
        Assert.Equal(0UL, stackPointer.Value % 16);
        return StackReader.Read(_memory, stackPointer.Value);
    }
}
