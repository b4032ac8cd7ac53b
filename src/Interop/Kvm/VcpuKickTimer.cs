using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;

namespace KvmActors.Interop.Kvm;

/// <summary>Sends the kick's signal to the calling thread again and again, until it is stopped: a timer of the kernel's. Belongs to the thread.</summary>
internal sealed unsafe class VcpuKickTimer : IDisposable
{
    /// <summary>In nanoseconds. An instruction of ring 0 takes up to a microsecond where KVM emulates it, and its way back to ring 3 some dozens.</summary>
    private const long Interval = 200_000;

    private readonly int _timer;
    private bool _isRunning;

    private VcpuKickTimer(int timer) => _timer = timer;

    /// <summary>Makes one for the calling thread; null where the kernel has no room for it.</summary>
    public static VcpuKickTimer? TryCreate()
    {
        var timer = 0;
        var wanted = new sigevent_t { sigev_signo = VcpuKickSignal.Number, sigev_notify = SIGEV_THREAD_ID, sigev_notify_thread_id = LibC.gettid() };

        // SAFETY: the kernel reads one structure and writes one int, both on this stack.
        var result = LibC.Call(LibC.SYS_timer_create, ClockMonotonic, (nint)(&wanted), (nint)(&timer));
        return result < 0 ? null : new VcpuKickTimer(timer);
    }

    /// <summary>Begins to send; nothing when it does already.</summary>
    public void Start()
    {
        if (!_isRunning)
        {
            _isRunning = true;
            Set(Interval);
        }
    }

    /// <summary>Ends that.</summary>
    public void Stop()
    {
        if (_isRunning)
        {
            _isRunning = false;
            Set(0);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ = LibC.Call(LibC.SYS_timer_delete, _timer, 0, 0);

    private void Set(long nanoseconds)
    {
        var time = new timespec_t { tv_nsec = nanoseconds };
        var setting = new itimerspec_t { it_interval = time, it_value = time };

        // SAFETY: the kernel reads the structure, on this stack.
        _ = LibC.Call(LibC.SYS_timer_settime, _timer, 0, (nint)(&setting), 0);
    }

    // linux/time.h, asm-generic/siginfo.h
    private const int ClockMonotonic = 1;
    private const int SIGEV_THREAD_ID = 4;

    [StructLayout(LayoutKind.Sequential)]
    private struct itimerspec_t
    {
        public timespec_t it_interval, it_value;
    }

    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct sigevent_t
    {
        public nint sigev_value;
        public int sigev_signo, sigev_notify, sigev_notify_thread_id;
    }
}
