using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Memory;

namespace KvmActors.Linux.Hypercalls;

/// <summary>
/// Takes a hypercall's arguments out of the guest's memory, where <c>guest/include/hypercall.h</c> puts them: copied once, and the
/// copy is what is used.
/// </summary>
internal static class HypercallDecoder
{
    /// <summary>Decodes a call that is not a forwarded system call.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="port">Which call.</param>
    /// <param name="argument">EAX: the argument itself, or where the arguments are.</param>
    /// <param name="call">The call.</param>
    /// <returns>None, EFAULT when the arguments are outside memory, or ENOSYS when there is no such call.</returns>
    public static Errno TryDecode(GuestMemory memory, HypercallPort port, uint argument, out GuestCall call)
    {
        var space = AddressSpace.Physical;
        var address = new GuestPhysAddr(argument);
        bool found;
        switch (port)
        {
            case HypercallPort.Open:
                call = new GuestCall(CallNumber.Open, space, argument);
                return Errno.None;
            case HypercallPort.Close:
                call = new GuestCall(CallNumber.Close, space, argument);
                return Errno.None;
            case HypercallPort.Read or HypercallPort.Write:
                found = memory.TryRead(address, out ThreeWords transfer);
                call = new GuestCall(
                    port == HypercallPort.Read ? CallNumber.Read : CallNumber.Write, space, ToFd(transfer.First), transfer.Second, transfer.Third);
                break;
            case HypercallPort.Pread or HypercallPort.Preadv:
                found = memory.TryRead(address, out FourWords words);
                call = new GuestCall(
                    port == HypercallPort.Pread ? CallNumber.Pread64 : CallNumber.Preadv, space, ToFd(words.First), words.Second, words.Third, words.Fourth);
                break;
            case HypercallPort.Lseek:
                found = memory.TryRead(address, out LseekArguments lseek);
                call = new GuestCall(CallNumber.Lseek, space, (ulong)lseek.Fd, (ulong)lseek.Offset, (ulong)lseek.Whence);
                break;
            case HypercallPort.Zero or HypercallPort.Ready or HypercallPort.Random:
                found = memory.TryRead(address, out TwoWords range);
                var number = port == HypercallPort.Zero ? CallNumber.Zero : port == HypercallPort.Ready ? CallNumber.Ready : CallNumber.Random;
                call = new GuestCall(number, space, range.First, range.Second);
                break;
            case HypercallPort.Fill:
                found = memory.TryRead(address, out words);
                call = new GuestCall(CallNumber.Fill, space, words.First, words.Second, words.Third, words.Fourth);
                break;
            case HypercallPort.Share:
                call = new GuestCall(CallNumber.Share, space, argument);
                return Errno.None;
            case HypercallPort.ShareFill:
                found = memory.TryRead(address, out SixWords fill);
                call = new GuestCall(CallNumber.ShareFill, space, fill.First, fill.Second, fill.Third, fill.Fourth, fill.Fifth, fill.Sixth);
                break;
            case HypercallPort.ShareSync:
                found = memory.TryRead(address, out words);
                call = new GuestCall(CallNumber.ShareSync, space, words.First, words.Second, words.Third, words.Fourth);
                break;
            case HypercallPort.Unshare:
                found = memory.TryRead(address, out ThreeWords unshare);
                call = new GuestCall(CallNumber.Unshare, space, unshare.First, unshare.Second, unshare.Third);
                break;
            case HypercallPort.Runs:
                found = memory.TryRead(address, out FiveWords runs);
                call = new GuestCall(CallNumber.Runs, space, runs.First, runs.Second, runs.Third, runs.Fourth, runs.Fifth);
                break;
            default:
                call = new GuestCall(CallNumber.Unknown, space);
                return Errno.ENOSYS;
        }

        return found ? Errno.None : Errno.EFAULT;
    }

    /// <summary>Reads what a program that was killed leaves behind.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="signal">The signal.</param>
    /// <param name="message">Where the message about it is.</param>
    /// <returns>False when it is outside memory, or no signal has that number.</returns>
    public static bool TryReadKilled(GuestMemory memory, uint address, out int signal, out uint message)
    {
        // _NSIG of asm/signal.h.
        const ulong MaxSignal = 64;
        var found = memory.TryRead(new GuestPhysAddr(address), out TwoWords killed) && killed.First is not 0 and <= MaxSignal && killed.Second <= uint.MaxValue;
        (signal, message) = found ? ((int)killed.First, (uint)killed.Second) : (0, 0);
        return found;
    }

    /// <summary>Reads what a kernel that starts no program leaves behind.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="status">The status.</param>
    /// <param name="message">Where the reason is.</param>
    /// <returns>False when it is outside memory.</returns>
    public static bool TryReadRefused(GuestMemory memory, uint address, out int status, out uint message)
    {
        var found = memory.TryRead(new GuestPhysAddr(address), out TwoWords refused) && refused.Second <= uint.MaxValue;
        (status, message) = found ? ((int)refused.First, (uint)refused.Second) : (0, 0);
        return found;
    }

    /// <summary>Reads the arguments of a call of <c>kvmactors.h</c>; none of them means anything where they are outside memory.</summary>
    public static void ReadFunction(GuestMemory memory, uint argument, out GuestCall call) => call =
        memory.TryRead(new GuestPhysAddr(argument), out ThreeWords words)
            ? new GuestCall(CallNumber.Unknown, AddressSpace.Physical, words.First, words.Second, words.Third)
            : new GuestCall(CallNumber.Unknown, AddressSpace.Physical, ulong.MaxValue, 0, 0);

    // A descriptor that does not fit 31 bits is open nowhere.
    private static ulong ToFd(ulong value) => value <= int.MaxValue ? value : ulong.MaxValue;

    private readonly record struct TwoWords(ulong First, ulong Second);

    private readonly record struct ThreeWords(ulong First, ulong Second, ulong Third);

    private readonly record struct FourWords(ulong First, ulong Second, ulong Third, ulong Fourth);

    private readonly record struct FiveWords(ulong First, ulong Second, ulong Third, ulong Fourth, ulong Fifth);

    private readonly record struct SixWords(ulong First, ulong Second, ulong Third, ulong Fourth, ulong Fifth, ulong Sixth);

    private readonly record struct LseekArguments(int Fd, int Offset, int Whence);
}
