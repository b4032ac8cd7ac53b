using KvmActors.Fuzz.Tests.Running;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Syscalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Processor;

namespace KvmActors.Fuzz.Tests.Syscalls;

/// <summary>Hypercalls as a bare guest makes them: arguments in its memory, addresses guest-physical.</summary>
internal static class HypercallChoice
{
    // Where SyscallGuest has its user memory, and where all its memory ends. What is below is its page tables.
    private const ulong Physical = 0x10_0000, End = 4 << 20;

    private static readonly HypercallPort[] Ports =
        [.. Enum.GetValues<HypercallPort>().Where(port => port is not (HypercallPort.Exit or HypercallPort.Panic or HypercallPort.Syscall)), (HypercallPort)0x80FE];

    private static readonly ulong[] Bad = [End - 4, End - 3, End, uint.MaxValue, 1UL << 32, long.MaxValue, ulong.MaxValue, ulong.MaxValue - 7];

    /// <summary>Makes one.</summary>
    /// <param name="input">Where its choices come from.</param>
    /// <param name="memory">The guest.</param>
    /// <param name="service">What its program has at the host.</param>
    /// <param name="path">The path where it takes one.</param>
    /// <param name="room">A user address with room for what is read.</param>
    /// <param name="stop">What would stop it; nobody does.</param>
    /// <param name="call">What it was decoded to.</param>
    /// <returns>Its result.</returns>
    public static long Make(FuzzInput input, SyscallGuest memory, SyscallService service, string path, ulong room, VmStopSignal stop, out GuestCall call)
    {
        var port = input.Pick<HypercallPort>(Ports);
        input.Count($"hypercall {port}");
        Span<ulong> words = stackalloc ulong[5];
        foreach (ref var word in words)
        {
            word = input.Next(5) switch
            {
                0 => (ulong)(3 + input.Next(6)),
                1 => ToPhysical(room) + (8UL * (ulong)input.Next(8)),
                2 => input.Pick<ulong>([1, 0, 8, 64, 4096, 65536, 65537]),
                3 => input.Pick<ulong>(Bad),
                _ => End | (input.Bits() >> input.Next(40)),
            };
        }

        var argument = input.OneIn(20) ? (uint)input.Pick<ulong>(Bad)
            : port == HypercallPort.Open ? (uint)ToPhysical(memory.Put(path))
            : port == HypercallPort.Close ? (uint)words[0]
            : (uint)ToPhysical(memory.Put(System.Runtime.InteropServices.MemoryMarshal.AsBytes(words)));
        if (input.IsDescribed)
        {
            input.Note($"hypercall {port}(0x{argument:x}): {(port == HypercallPort.Open ? path : string.Join(' ', words.ToArray().Select(word => $"0x{word:x}")))}");
        }

        call = default;
        if (port == HypercallPort.Killed)
        {
            return HypercallDecoder.TryReadKilled(memory.Memory, argument, out _, out _) ? 0 : Errno.EFAULT.ToResult();
        }

        var errno = HypercallDecoder.TryDecode(memory.Memory, port, argument, out call);
        return errno != Errno.None ? errno.ToResult() : port switch
        {
            HypercallPort.Zero or HypercallPort.Fill or HypercallPort.Runs => MemoryCalls.Execute(memory.Memory, call, stop),
            HypercallPort.Ready => 0,
            _ => service.Serve(call).Result,
        };
    }

    private static ulong ToPhysical(ulong user) => user - SyscallGuest.User + Physical;
}
