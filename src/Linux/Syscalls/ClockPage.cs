using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Memory;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Syscalls;

/// <summary>
/// The page from which a guest's program reads the time without a system call (<c>guest/include/vdso.h</c>). Written when a program asks
/// by a system call and what it says is old: as it is good for a limited time only, who goes on reading asks again, which is how it
/// follows the host's clock. It never shows less than it has shown. Safe from all vCPUs' threads.
/// </summary>
/// <param name="memory">The guest's memory.</param>
/// <param name="clock">The machine's own time; null for the host's.</param>
internal sealed class ClockPage(GuestMemory memory, VirtualClock? clock)
{
    private const int Shift = 32, Samples = 4;

    // The first rate is KVM's, which is right to some parts in 100,000 of the host's clock; from LearnedAfter on it is what was measured.
    private const long FirstNanoseconds = 10_000_000, MostNanoseconds = GuestTime.NanosecondsPerSecond, LearnedAfter = 200_000_000, RelearnedAfter = 20 * GuestTime.NanosecondsPerSecond;
    private const long PerPeriod = 8, MaxSampleNanoseconds = 50_000, MaxStrangeRates = 3;
    private const double MaxDeviation = 1e-3;

    private readonly Lock _gate = new();
    private ClockValues _values;
    private double _rate;
    private (ulong Stamp, long Time) _anchor, _nextAnchor;
    private long _due;
    private int _strangeRates;
    private bool _isKnown, _isWithdrawn;

    /// <summary>Writes it anew if it is old. Of a vCPU's own thread, which is about to enter the guest.</summary>
    public void Refresh(IVcpu vcpu)
    {
        // Somebody who is at it does it for all.
        if (!_gate.TryEnter())
        {
            return;
        }

        try
        {
            if (!_isKnown)
            {
                _isKnown = true;
                _rate = vcpu.TimeStampFrequency / (double)GuestTime.NanosecondsPerSecond;
                _isWithdrawn |= _rate <= 0;
                _values.Shift = Shift;
            }

            if (_isWithdrawn)
            {
                return;
            }

            if (clock is not null)
            {
                WriteOwn(vcpu, clock);
            }
            else if (Read(HostClock.Monotonic) >= _due)
            {
                WriteHosts(vcpu);
            }
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>From now on only system calls tell the time: another vCPU's time stamp counter may be another one.</summary>
    public void Withdraw()
    {
        lock (_gate)
        {
            _isWithdrawn = true;
            if (_values.Most != 0)
            {
                _values.Most = 0;
                Write();
            }
        }
    }

    /// <summary>The guest begins anew, maybe on another vCPU: what memory says is not to be believed.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            (_values, _isKnown, _anchor, _nextAnchor, _due) = (default, false, default, default, 0);
            Write();
        }
    }

    // A tick is a nanosecond, for ever.
    private void WriteOwn(IVcpu vcpu, VirtualClock own)
    {
        if (_values.Most != 0)
        {
            return;
        }

        _values = _values with
        {
            Shift = 0,
            Stamp = vcpu.ReadTimeStamp(),
            Most = ulong.MaxValue,
            Multiplier = 1,
            Base = (ulong)(own.Now + VirtualClock.Uptime),
            Realtime = VirtualClock.Epoch - VirtualClock.Uptime,
        };
        Write();
    }

    private void WriteHosts(IVcpu vcpu)
    {
        if (!TrySample(vcpu, out var stamp, out var time))
        {
            return;
        }

        var elapsed = Learn(stamp, time);
        if (_isWithdrawn)
        {
            _values.Most = 0;
            Write();
            return;
        }

        // What the page has shown at the most, until now, and a little for those who read it meanwhile.
        var period = elapsed < LearnedAfter ? FirstNanoseconds : Math.Min(elapsed / PerPeriod, MostNanoseconds);
        var shown = _values.Most == 0 ? 0 : (long)(_values.Base + ((Math.Min(stamp - _values.Stamp, _values.Most) * _values.Multiplier) >> Shift)) + 4;
        var ahead = Math.Max(0, shown - time);

        // It goes slower where it is ahead, so that it is right at the period's end.
        var speed = ahead < period / 2 ? (period - ahead) / (double)period : 1;
        _values.Stamp = stamp;
        _values.Most = (ulong)(period * _rate);
        _values.Multiplier = (ulong)((1UL << Shift) / _rate * speed);
        _values.Base = (ulong)(time + ahead);
        _values.Realtime = OffsetOf(HostClock.Realtime);
        _values.BootTime = OffsetOf(HostClock.SinceBoot);
        _due = time + (period - (period / 8));
        Write();
    }

    // How fast the counter is by the host's clock. The time that is known of, in nanoseconds.
    private long Learn(ulong stamp, long time)
    {
        var elapsed = _anchor.Time == 0 ? 0 : time - _anchor.Time;
        if (elapsed >= LearnedAfter)
        {
            var measured = (stamp - _anchor.Stamp) / (double)elapsed;
            if (Math.Abs(measured - _rate) > _rate * MaxDeviation)
            {
                // A machine that slept, once; a counter that does not count evenly, if it goes on like that.
                _isWithdrawn = ++_strangeRates >= MaxStrangeRates;
                elapsed = 0;
            }
            else
            {
                _rate = measured;
            }
        }

        if (elapsed == 0)
        {
            _anchor = _nextAnchor = (stamp, time);
        }
        else if (time - _nextAnchor.Time >= RelearnedAfter)
        {
            (_anchor, _nextAnchor) = (_nextAnchor, (stamp, time));
        }

        return elapsed;
    }

    // Counter and clock at the same moment: between two looks at the clock that are as close together as can be.
    private static bool TrySample(IVcpu vcpu, out ulong stamp, out long time)
    {
        var closest = long.MaxValue;
        (stamp, time) = (0, 0);
        for (var sample = 0; sample < Samples; sample++)
        {
            var before = Read(HostClock.Monotonic);
            var read = vcpu.ReadTimeStamp();
            var took = Read(HostClock.Monotonic) - before;
            if (read != 0 && took < closest)
            {
                (closest, stamp, time) = (took, read, before + (took / 2));
            }
        }

        return closest <= MaxSampleNanoseconds;
    }

    private static ulong OffsetOf(int hostClock)
    {
        var before = Read(HostClock.Monotonic);
        var time = Read(hostClock);
        var after = Read(HostClock.Monotonic);
        return (ulong)(time - before - ((after - before) / 2));
    }

    private static long Read(int hostClock) =>
        HostClock.Read(hostClock, out var time) == 0 ? GuestTime.ToNanoseconds(time.tv_sec, time.tv_nsec) : 0;

    // The sequence is odd as long as it is not whole. Its place is the guest's to say, and whatever that is, it is its memory.
    private void Write()
    {
        var place = ProgramInfo.Read(memory).Clock;
        if (place == 0 || place % sizeof(ulong) != 0 || !memory.TryGetSpan(new GuestPhysAddr(place), (ulong)Marshal.SizeOf<ClockValues>(), out var bytes))
        {
            return;
        }

        ref var page = ref MemoryMarshal.AsRef<ClockValues>(bytes);
        _values.Sequence = (_values.Sequence | 1) + 2;
        Volatile.Write(ref page.Sequence, _values.Sequence);
        Interlocked.MemoryBarrier();
        page = _values;
        Volatile.Write(ref page.Sequence, ++_values.Sequence);
    }

    /// <summary>struct clock_page.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ClockValues
    {
        public uint Sequence;
        public int Shift;
        public ulong Stamp;
        public ulong Most;
        public ulong Multiplier;
        public ulong Base;
        public ulong Realtime;
        public ulong BootTime;
    }
}
