using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Syscalls;

/// <summary>
/// Which files would not wait. Nothing else runs beside the program, so what is not ready at once never will be, but for the process's
/// own standard input: the call then takes the time it may take and finds nothing.
/// </summary>
internal sealed class PollCalls(SyscallContext context)
{
    private const int MaxPolled = PinnedBuffer.Bytes / 8;

    // The widest set select(2) takes here, in bits, and the three of them in scratch memory.
    private const int MaxSet = 8192, SetBytes = MaxSet / 8;
    private const long Forever = -1;

    public long PollInMilliseconds(in GuestCall call) => Poll(call, (int)call.Third < 0 ? Forever : (int)call.Third * 1_000_000L);

    public long PollInNanoseconds(in GuestCall call) =>
        ReadTime(call, call.Third, 1, out var wait) is var errno and not Errno.None ? errno.ToResult() : Poll(call, wait);

    public long Select(in GuestCall call, long nanosecondsPerUnit) =>
        ReadTime(call, call.Fifth, nanosecondsPerUnit, out var wait) is var errno and not Errno.None ? errno.ToResult() : SelectWithin(call, wait);

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
        var awaitsInput = false;
        foreach (ref var polled in MemoryMarshal.Cast<byte, pollfd_t>(bytes))
        {
            polled.revents = polled.fd < 0 ? (short)0 : (short)Ready(polled.fd, (PollEvents)polled.events, ref awaitsInput);
            ready += polled.revents != 0 ? 1 : 0;
        }

        if (ready == 0 && awaitsInput && TryAwaitInput(call, wait))
        {
            return 0;
        }

        errno = context.Buffers.CopyOut(call.Space, call.First, bytes);
        return errno != Errno.None ? errno.ToResult() : Answer(ready, awaitsInput ? 0 : wait);
    }

    private PollEvents Ready(int fd, PollEvents wanted, ref bool awaitsInput)
    {
        // POLLRDNORM and POLLWRNORM are POLLIN and POLLOUT under other names.
        const PollEvents NormalIn = (PollEvents)0x40, NormalOut = (PollEvents)0x100;
        if (context.Table[fd] is not { } file)
        {
            return PollEvents.Invalid;
        }

        var now = file.Poll();
        now |= (now & PollEvents.In) != PollEvents.None ? NormalIn : PollEvents.None;
        now |= (now & PollEvents.Out) != PollEvents.None ? NormalOut : PollEvents.None;
        awaitsInput |= file.IsLiveInput && (wanted & (PollEvents.In | NormalIn)) != PollEvents.None;
        return now & (wanted | PollEvents.Error | PollEvents.HangUp);
    }

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
        var awaitsInput = false;
        for (var fd = 0; fd < count && errno == Errno.None; fd++)
        {
            errno = SelectOne(fd, bytes, ref ready, ref awaitsInput);
        }

        // Before the guest's sets change: they are read again then.
        if (errno == Errno.None && ready == 0 && awaitsInput && TryAwaitInput(call, wait))
        {
            return 0;
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

        return errno != Errno.None ? errno.ToResult() : Answer(ready, awaitsInput ? 0 : wait);
    }

    private Errno SelectOne(int fd, int bytes, ref int ready, ref bool awaitsInput)
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

            awaitsInput |= set == 0 && file.IsLiveInput;
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

    // Nothing is answered yet: the call is made again when there is input, or when its time is over.
    private bool TryAwaitInput(in GuestCall call, long wait)
    {
        var left = wait < 0 ? Forever : Math.Max(wait - call.Waited, 0);
        if (left == 0)
        {
            return false;
        }

        context.WaitToBeWoken(left, forInput: true);
        return true;
    }

    private long Answer(int ready, long wait)
    {
        if (ready == 0)
        {
            context.Sleep(wait);
        }

        return ready;
    }
}
