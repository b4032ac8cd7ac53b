using System.Diagnostics;
using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;

namespace KvmActors.Host.Running;

/// <summary>What the process was asked for by signals.</summary>
/// <param name="Asked">Cancelled by the first: all VMs are to end.</param>
/// <param name="Insisted">Cancelled by the second: nobody is waited for.</param>
internal sealed record StopRequests(CancellationToken Asked, CancellationToken Insisted);

/// <summary>
/// The signals that ask the process to end: SIGINT, SIGTERM, SIGHUP and SIGQUIT. The first asks the run to end, which still
/// reports; another one, later, asks it to report what is known, and soon after that, or at the third, the process is gone. They are taken from before a run makes anything until the process is
/// gone, so none of them ever finds it with its results half written. One that was ignored when the process was started, as by
/// nohup, stays ignored.
/// </summary>
internal static class StopSignals
{
    // timeout(1) and service managers send a signal to a process and to its group, or two of them, in one breath.
    private static readonly TimeSpan OneRequest = TimeSpan.FromMilliseconds(250);

    // What is to be put right takes no time, but may wait for a terminal that is stuck.
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromMilliseconds(200);

    // How long the second one leaves for what is known to be told.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private static readonly CancellationTokenSource First = new(), Second = new();
    private static readonly Lock Gate = new();
    private static readonly List<Action> Farewells = [];

    // Without a reference to them the collector would let go of the signals.
    private static PosixSignalRegistration[]? _registrations;
    private static long _firstAt, _secondAt;

    /// <summary>How long ago the process was first asked to end; zero when it was not.</summary>
    public static TimeSpan RequestedSince => Interlocked.Read(ref _firstAt) is var at and not 0 ? Stopwatch.GetElapsedTime(at) : TimeSpan.Zero;

    /// <summary>Takes the signals from here on.</summary>
    public static StopRequests Take()
    {
        lock (Gate)
        {
            _registrations ??= [.. ((PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT])
                .Select(signal => PosixSignalRegistration.Create(signal, Handle))];
        }

        return new StopRequests(First.Token, Second.Token);
    }

    /// <summary>Has something done when the process ends at once; it must not fail, and takes no lock that others keep for long.</summary>
    /// <returns>Takes it back.</returns>
    public static IDisposable BeforeEndingAtOnce(Action farewell)
    {
        lock (Gate)
        {
            Farewells.Add(farewell);
        }

        return new Undo(() =>
        {
            lock (Gate)
            {
                Farewells.Remove(farewell);
            }
        });
    }

    private static void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        var now = Stopwatch.GetTimestamp();
        var first = Interlocked.CompareExchange(ref _firstAt, now, 0);
        if (first == 0)
        {
            First.Cancel();
        }
        else if (Stopwatch.GetElapsedTime(first, now) > OneRequest)
        {
            if (Interlocked.CompareExchange(ref _secondAt, now, 0) == 0)
            {
                // Whoever is told may hang, and then the end must not wait for that.
                ThreadPool.UnsafeQueueUserWorkItem(_ => Second.Cancel(), null);
                using var never = new ManualResetEventSlim();
                never.Wait(LastWords);
            }

            EndAtOnce();
        }
    }

    private static void EndAtOnce()
    {
        try
        {
            var farewell = new Thread(() =>
            {
                Action[] all;
                lock (Gate)
                {
                    all = [.. Farewells];
                }

                foreach (var one in all)
                {
                    one();
                }
            })
            { IsBackground = true };
            farewell.Start();
            farewell.Join(LongestFarewell);
        }
        finally
        {
            HostExit.EndNow(ExitCodes.Interrupted);
        }
    }

    private sealed class Undo(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
