using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Syscalls;

/// <summary>Which files would not wait. Where none is ready, the vCPU waits outside for all of them, and makes the call again.</summary>
internal sealed class PollCalls(SyscallContext context)
{
    private const int MaxPolled = PinnedBuffer.Bytes / 8;

    // The widest set select(2) takes here, in bits, and the three of them in scratch memory.
    private const int MaxSet = 8192, SetBytes = MaxSet / 8;
    private const long Forever = -1;

    public long PollInMilliseconds(in GuestCall call) => Poll(call, (int)call.Third < 0 ? Forever : (int)call.Third * 1_000_000L);

    public long PollInNanoseconds(in GuestCall call)
    {
        var errno = ReadTime(call, call.Third, 1, out var wait);
        if (errno == Errno.None)
        {
            errno = context.CheckMask(call, call.Fourth, call.Fifth);
        }

        // With no files it is how a kernel waits for signals, whose programs find their time unchanged.
        var result = errno != Errno.None ? errno.ToResult() : Poll(call, wait);
        return errno != Errno.None || call.Second == 0 ? result : WriteTimeLeft(call, call.Third, 1, wait, result);
    }

    public long Select(in GuestCall call)
    {
        const long NanosecondsPerMicrosecond = 1000;
        return ReadTime(call, call.Fifth, NanosecondsPerMicrosecond, out var wait) is var errno and not Errno.None
            ? errno.ToResult() : WriteTimeLeft(call, call.Fifth, NanosecondsPerMicrosecond, wait, SelectWithin(call, wait));
    }

    public long SelectInNanoseconds(in GuestCall call)
    {
        (ulong Address, ulong Bytes) mask = default;
        var errno = call.Sixth == 0 ? Errno.None : context.Buffers.Read(call.Space, call.Sixth, out mask);
        long wait = Forever;
        if (errno == Errno.None)
        {
            errno = ReadTime(call, call.Fifth, 1, out wait);
        }

        if (errno == Errno.None)
        {
            errno = context.CheckMask(call, mask.Address, mask.Bytes);
        }

        return errno != Errno.None ? errno.ToResult() : WriteTimeLeft(call, call.Fifth, 1, wait, SelectWithin(call, wait));
    }

    // As Linux does it: where that is not possible, it is left out.
    private long WriteTimeLeft(in GuestCall call, ulong address, long nanosecondsPerUnit, long wait, long result)
    {
        if (wait > 0 && !context.IsRetried && result != Errno.EFAULT.ToResult())
        {
            var left = GuestTime.ToTime(Math.Max(0, wait - call.Waited));
            _ = context.Buffers.Write(call.Space, address, left with { tv_nsec = left.tv_nsec / nanosecondsPerUnit });
        }

        return result;
    }

    private Errno ReadTime(in GuestCall call, ulong address, long nanosecondsPerUnit, out long wait)
    {
        wait = Forever;
        if (address == 0)
        {
            return Errno.None;
        }

        var errno = context.Buffers.Read(call.Space, address, out timespec_t time);
        if (errno != Errno.None)
        {
            return errno;
        }

        // select(2) takes microseconds past a second; the others must be less than one.
        if (time.tv_sec < 0 || time.tv_nsec < 0 || (nanosecondsPerUnit == 1 && time.tv_nsec >= GuestTime.NanosecondsPerSecond))
        {
            return Errno.EINVAL;
        }

        wait = GuestTime.ToNanoseconds(time.tv_sec, time.tv_nsec > long.MaxValue / 1000 ? 0 : time.tv_nsec * nanosecondsPerUnit);
        return Errno.None;
    }

    private long Poll(in GuestCall call, long wait)
    {
        if ((uint)call.Second > Math.Min(MaxPolled, context.Table.Limit))
        {
            return Errno.EINVAL.ToResult();
        }

        var bytes = context.Scratch.Span[..((int)call.Second * 8)];
        var errno = context.Buffers.CopyIn(call.Space, call.First, bytes);
        if (errno != Errno.None)
        {
            return errno.ToResult();
        }

        var ready = 0;
        var polled = MemoryMarshal.Cast<byte, pollfd_t>(bytes);
        foreach (ref var entry in polled)
        {
            entry.revents = entry.fd < 0 ? (short)0 : (short)Ready(entry.fd, (PollEvents)entry.events);
            ready += entry.revents != 0 ? 1 : 0;
        }

        if (ready == 0 && Left(call, wait) is not 0 and var left)
        {
            if (call.IsInterrupted)
            {
                return Errno.ERESTARTNOHAND.ToResult();
            }

            var files = new FileWait();
            foreach (ref readonly var entry in polled)
            {
                Watch(entry.fd, (PollEvents)entry.events, ref files);
            }

            context.WaitFor(files, left);
            return 0;
        }

        errno = context.Buffers.CopyOut(call.Space, call.First, bytes);
        return errno != Errno.None ? errno.ToResult() : ready;
    }

    private static long Left(in GuestCall call, long wait) => wait < 0 ? Forever : Math.Max(wait - call.Waited, 0);

    private void Watch(int fd, PollEvents wanted, ref FileWait files)
    {
        if (context.Table[fd] is { } file)
        {
            context.Watch(file, wanted, ref files);
        }
    }

    private PollEvents Ready(int fd, PollEvents wanted) => context.Table[fd] is not { } file ? PollEvents.Invalid
        : file.PollByAllNames() & (wanted | PollEvents.Error | PollEvents.HangUp);

    private long SelectWithin(in GuestCall call, long wait)
    {
        var count = (int)call.First;
        if (count < 0)
        {
            return Errno.EINVAL.ToResult();
        }

        // As Linux: no more than there can be descriptors, in whole words.
        count = Math.Min(Math.Min(count, MaxSet), (context.Table.Capacity + 63) / 64 * 64);
        var bytes = (count + 63) / 64 * 8;
        var errno = Errno.None;
        for (var set = 0; set < 3 && errno == Errno.None; set++)
        {
            var address = SetAddress(call, set);
            var bits = Set(set, bytes);
            bits.Clear();
            errno = address == 0 ? Errno.None : context.Buffers.CopyIn(call.Space, address, bits);
        }

        var ready = 0;
        for (var fd = 0; fd < count && errno == Errno.None; fd++)
        {
            errno = SelectOne(fd, bytes, ref ready);
        }

        // Before the guest's sets change: they are read again then.
        if (errno == Errno.None && ready == 0 && Left(call, wait) is not 0 and var left)
        {
            return call.IsInterrupted ? Errno.ERESTARTNOHAND.ToResult() : WaitForSets(call, bytes, count, left);
        }

        for (var set = 0; set < 3 && errno == Errno.None; set++)
        {
            var address = SetAddress(call, set);
            errno = address == 0 ? Errno.None : context.Buffers.CheckWritable(call.Space, address, (ulong)bytes);
        }

        for (var set = 0; set < 3 && errno == Errno.None; set++)
        {
            var address = SetAddress(call, set);
            errno = address == 0 ? Errno.None : context.Buffers.CopyOut(call.Space, address, Set(set, bytes));
        }

        return errno != Errno.None ? errno.ToResult() : ready;
    }

    private Errno SelectOne(int fd, int bytes, ref int ready)
    {
        // What counts as readable, writable and exceptional: fs/select.c.
        ReadOnlySpan<PollEvents> meanings =
            [PollEvents.In | PollEvents.HangUp | PollEvents.Error, PollEvents.Out | PollEvents.Error, PollEvents.None];
        for (var set = 0; set < 3; set++)
        {
            ref var bits = ref Set(set, bytes)[fd / 8];
            var bit = (byte)(1 << (fd % 8));
            if ((bits & bit) == 0)
            {
                continue;
            }

            if (context.Table[fd] is not { } file)
            {
                return Errno.EBADF;
            }

            if ((file.Poll() & meanings[set]) != PollEvents.None)
            {
                ready++;
            }
            else
            {
                bits &= (byte)~bit;
            }
        }

        return Errno.None;
    }

    private static ulong SetAddress(in GuestCall call, int set) => set switch { 0 => call.Second, 1 => call.Third, _ => call.Fourth };

    private Span<byte> Set(int set, int bytes) => context.Scratch.Span.Slice(set * SetBytes, bytes);

    // The sets have lost what is not ready, which is all of it: they are read again.
    private long WaitForSets(in GuestCall call, int bytes, int count, long left)
    {
        var files = new FileWait();
        for (var set = 0; set < 3; set++)
        {
            var bits = Set(set, bytes);
            if (SetAddress(call, set) is not 0 and var address && context.Buffers.CopyIn(call.Space, address, bits) != Errno.None)
            {
                return Errno.EFAULT.ToResult();
            }

            for (var fd = 0; fd < count; fd++)
            {
                if ((bits[fd / 8] & (1 << (fd % 8))) != 0)
                {
                    Watch(fd, set == 0 ? PollEvents.In : set == 1 ? PollEvents.Out : PollEvents.None, ref files);
                }
            }
        }

        context.WaitFor(files, left);
        return 0;
    }
}
