using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Hypercalls;

/// <summary>What the host does to guest memory for a kernel whose own instructions are slow. Needs no file, and so no queue.</summary>
internal static class MemoryCalls
{
    private const ulong MaxWords = 65536;
    private const ulong RunBytes = 3 * sizeof(ulong);

    // Some milliseconds, when none of it was there yet.
    private const ulong ZeroedAtOnce = 4 << 20;

    /// <summary>Does one call.</summary>
    /// <returns>A value from 0, or a negative errno: EINTR when the VM was told to stop before all was done.</returns>
    public static long Execute(GuestMemory memory, in GuestCall call, VmStopSignal stop) => call.Number switch
    {
        CallNumber.Zero => Zero(memory, call.First, call.Second, stop),
        CallNumber.Fill => Fill(memory, call),
        CallNumber.Runs => FindRuns(memory, call),
        _ => Errno.ENOSYS.ToResult(),
    };

    private static long Zero(GuestMemory memory, ulong address, ulong length, VmStopSignal stop)
    {
        if (!memory.Contains(new GuestPhysAddr(address), length, forWrite: true))
        {
            return length == 0 ? 0 : Errno.EFAULT.ToResult();
        }

        while (length > 0)
        {
            if (stop.IsRequested)
            {
                return Errno.EINTR.ToResult();
            }

            var part = Math.Min(length, ZeroedAtOnce);
            if (!memory.TryGetSpan(new GuestPhysAddr(address), part, out var bytes))
            {
                return Errno.EFAULT.ToResult();
            }

            bytes.Clear();
            address += part;
            length -= part;
        }

        return 0;
    }

    private static long Fill(GuestMemory memory, in GuestCall call)
    {
        var address = new GuestPhysAddr(call.First);
        if (call.Second > MaxWords)
        {
            return Errno.EINVAL.ToResult();
        }

        var bytes = call.Second * sizeof(ulong);
        if (!memory.Contains(address, bytes, forWrite: true) || !memory.TryGetSpan(address, bytes, out var span))
        {
            return call.Second == 0 ? 0 : Errno.EFAULT.ToResult();
        }

        var value = call.Third;
        long replaced = 0;
        foreach (ref var word in MemoryMarshal.Cast<byte, ulong>(span))
        {
            if (word == 0)
            {
                word = value;
                value = unchecked(value + call.Fourth);
                replaced++;
            }
        }

        return replaced;
    }

    private static long FindRuns(GuestMemory memory, in GuestCall call)
    {
        if (call.Second > MaxWords || call.Fifth > MaxWords)
        {
            return Errno.EINVAL.ToResult();
        }

        if (call.Second == 0 || call.Fifth == 0)
        {
            return 0;
        }

        if (!memory.TryGetSpan(new GuestPhysAddr(call.First), call.Second * sizeof(ulong), out var wordBytes)
            || !memory.Contains(new GuestPhysAddr(call.Fourth), call.Fifth * RunBytes, forWrite: true)
            || !memory.TryGetSpan(new GuestPhysAddr(call.Fourth), call.Fifth * RunBytes, out var runBytes))
        {
            return Errno.EFAULT.ToResult();
        }

        var words = MemoryMarshal.Cast<byte, ulong>(wordBytes);
        var runs = MemoryMarshal.Cast<byte, Run>(runBytes);
        var found = 0;
        for (var index = 0; index < words.Length && found < runs.Length;)
        {
            // Each word is read once: the guest may change it meanwhile.
            var first = words[index];
            var start = index++;
            if (first == 0)
            {
                continue;
            }

            while (index < words.Length && words[index] == unchecked(first + ((ulong)(index - start) * call.Third)) && words[index] != 0)
            {
                index++;
            }

            runs[found++] = new Run((ulong)start, first, (ulong)(index - start));
        }

        return found;
    }

    /// <summary>What HYPERCALL_RUNS writes for each run.</summary>
    private readonly record struct Run(ulong Index, ulong Value, ulong Count);
}
