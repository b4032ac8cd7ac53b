using System.Text;
using KvmActors.Interop.Memory;

namespace KvmActors.Machine.Tests.Support;

/// <summary>A fresh stack as a C <c>_start</c> reads it.</summary>
/// <param name="Args">argv.</param>
/// <param name="Env">envp.</param>
/// <param name="StringAddresses">Where the strings are, in the order of their pointers.</param>
/// <param name="PointersEnd">The first address after the last NULL.</param>
internal sealed record StackReader(
    IReadOnlyList<string> Args, IReadOnlyList<string> Env, IReadOnlyList<ulong> StringAddresses, ulong PointersEnd)
{
    public static StackReader Read(GuestMemory memory, ulong stackPointer)
    {
        var next = stackPointer;
        var addresses = new List<ulong>();
        var count = Pop();
        var args = Strings();
        Assert.Equal(count, (ulong)args.Count);
        var env = Strings();
        return new StackReader(args, env, addresses, next);

        ulong Pop()
        {
            Assert.True(memory.TryRead(new GuestPhysAddr(next), out ulong value));
            next += sizeof(ulong);
            return value;
        }

        List<string> Strings()
        {
            var strings = new List<string>();
            var buffer = new byte[0x2_0000];
            for (var pointer = Pop(); pointer != 0; pointer = Pop())
            {
                Assert.Equal(GuestStringResult.Ok, memory.ReadString(new GuestPhysAddr(pointer), buffer, out var length));
                addresses.Add(pointer);
                strings.Add(Encoding.UTF8.GetString(buffer, 0, length));
            }

            return strings;
        }
    }
}
