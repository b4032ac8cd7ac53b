using System.Collections.Concurrent;
using System.Diagnostics;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Syscalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class SyscallGateTests : IDisposable
{
    private const long Interrupted = -4;

    private readonly TempFolder _folder = new();
    private readonly FileGuest _guest;
    private readonly WaitingRoom _queue = new();
    private readonly VmStopSignal _stop = new();
    private readonly SyscallGate _gate;

    public SyscallGateTests()
    {
        _folder.AddFile("file", "0123456789");
        _guest = new FileGuest(_folder);
        _gate = new SyscallGate(_queue);
        _gate.Open(_guest.Service);
    }

    public void Dispose()
    {
        _gate.Close();
        _guest.Dispose();
        _folder.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public void Serve_NobodyInside_ServesHereAndNow()
    {
        var outcome = _gate.Serve(Close(99), _stop, out var wasQueued);

        Assert.Equal((Errno.EBADF.ToResult(), false, 0), (outcome.Result, wasQueued, _queue.Turns.Count));
    }

    [Fact]
    public void Serve_WhileSomebodyIsInside_WaitsForItsTurnAndServesOnItsOwnThread()
    {
        Caller? other = null;
        Inside(() =>
        {
            other = Call(Close(7));
            Assert.False(_gate.TryLetIn(_queue.First));
            Assert.Equal(0, _queue.Freed);
        });

        Assert.Equal(1, _queue.Freed);
        Assert.False(other!.IsDone);
        Assert.True(_gate.TryLetIn(_queue.First));
        Assert.Equal((Errno.EBADF.ToResult(), true), other.Join());
    }

    // Who waits comes first: otherwise a busy vCPU could keep another one waiting for ever.
    [Fact]
    public void Serve_WhileSomebodyWaits_QueuesBehindHim()
    {
        Caller? first = null;
        Inside(() => first = Call(Close(7)));

        var second = Call(Close(8));

        Assert.True(_gate.TryLetIn(_queue.Take()));
        Assert.Equal((Errno.EBADF.ToResult(), true), first!.Join());
        Assert.True(_gate.TryLetIn(_queue.Take()));
        Assert.Equal((Errno.EBADF.ToResult(), true), second.Join());
        _gate.Serve(Close(9), _stop, out var wasQueued);
        Assert.False(wasQueued);
    }

    // However much a call that is inside has still to do.
    [Fact]
    public void Serve_StoppedWhileItWaits_IsDroppedAtOnceAndNotServed()
    {
        _guest.Put(0x2000, "queued");
        Inside(() =>
        {
            Caller[] waiting = [.. Enumerable.Range(0, 5).Select(_ => Call(new GuestCall(CallNumber.Write, AddressSpace.Physical, 1, 0x2000, 6)))];

            _stop.Request();

            Assert.All(waiting, caller => Assert.Equal((Errno.EINTR.ToResult(), true), caller.Join()));
        });

        Assert.DoesNotContain("queued", _guest.Output.Text(), StringComparison.Ordinal);
        Assert.All(_queue.Turns, turn => Assert.True(_gate.TryLetIn(turn)));
        Assert.True(_gate.TryRetire());
    }

    // The actor and the stop may come to the same turn at once, and whoever wins, nobody keeps the gate.
    [Fact]
    public void Serve_StoppedWhileItIsLetIn_LeavesTheGateFree()
    {
        for (var round = 0; round < 200; round++)
        {
            using var stop = new VmStopSignal();
            Caller? other = null;
            Inside(() => other = Call(Close(7), stop));
            var stopper = new Thread(() => stop.Request());
            stopper.Start();
            TestTime.Spin(round * 50L);
            Assert.True(_gate.TryLetIn(_queue.Take()));
            stopper.Join();

            Assert.Contains(other!.Join().Result, new[] { Errno.EINTR.ToResult(), Errno.EBADF.ToResult() });
            _gate.Serve(Close(8), _stop, out var wasQueued);
            Assert.False(wasQueued);
        }
    }

    [Fact]
    public void Serve_AfterAWait_IsNotedWithItsTimeInside()
    {
        var log = new OperationLog(8);
        Assert.True(_gate.TryRetire());
        var caller = Call(Close(7));
        using var next = new FileGuest(_folder);
        var opened = Stopwatch.GetTimestamp();
        _gate.Open(next.Service, log);

        Assert.True(_gate.TryLetIn(_queue.Take()));
        caller.Join();
        _gate.Serve(Close(8), _stop, out _);

        var operation = Assert.Single(log.Read().Operations);
        Assert.Equal(((int)CallNumber.Close, Errno.EBADF.ToResult()), (operation.Number, operation.Result));
        Assert.True(opened <= operation.Started && operation.Started <= operation.Ended);
    }

    [Fact]
    public void Close_NobodyInside_ClosesTheFilesAtOnceAndLetsNobodyIn()
    {
        _guest.Open("/data/file");

        _gate.Close();
        _gate.Close();

        Assert.Equal(0, OpenDescriptors.Below(_folder.Root));
        var late = Call(Close(3));
        Assert.False(_gate.TryLetIn(_queue.First));
        _stop.Request();
        Assert.Equal((Errno.EINTR.ToResult(), true), late.Join());
    }

    [Fact]
    public void Close_SomebodyInside_WaitsUntilHeLeaves()
    {
        Inside(() =>
        {
            var fd = _guest.Open("/data/file");
            _gate.Close();

            Assert.Equal((4L, "0123"), (_guest.Read(fd, 0x1000, 4), _guest.Get(0x1000, 4)));
            Assert.Equal(2, OpenDescriptors.Below(_folder.Root));
        });

        Assert.Equal(0, OpenDescriptors.Below(_folder.Root));
    }

    [Fact]
    public void TryRetire_ThenOpen_TheNextGuestMeetsNothingOfTheLast()
    {
        var fd = _guest.Open("/data/file");
        Assert.False(_gate.IsUntouched());

        Assert.True(_gate.TryRetire());
        var early = Call(Close(fd));

        using var next = new FileGuest(_folder);
        _gate.Open(next.Service);
        Assert.Equal(1, _queue.Freed);
        Assert.True(_gate.TryLetIn(_queue.Take()));
        Assert.Equal((Errno.EBADF.ToResult(), true), early.Join());
        Assert.True(_gate.IsUntouched());
        Assert.Equal(0, OpenDescriptors.Below(_folder["file"]));
    }

    [Fact]
    public void TryRetire_SomebodyInsideOrWaiting_IsRefused()
    {
        Caller? other = null;
        Inside(() =>
        {
            Assert.False(_gate.TryRetire());
            other = Call(Close(7));
        });

        Assert.False(_gate.TryRetire());
        Assert.True(_gate.TryLetIn(_queue.Take()));
        other!.Join();
        Assert.True(_gate.TryRetire());
    }

    [Fact]
    public void Close_Retired_ClosesTheFiles()
    {
        _guest.Open("/data/file");
        Assert.True(_gate.TryRetire());

        _gate.Close();

        Assert.Equal(0, OpenDescriptors.Below(_folder.Root));
    }

    [Fact]
    public void Close_WhileOthersComeAndGo_NobodyIsInsideAfterTheFilesAreClosed()
    {
        for (var round = 0; round < 50; round++)
        {
            using var guest = new FileGuest(_folder);
            guest.Put(0x100, "/data/file\0");
            using var stop = new VmStopSignal();
            var queue = new WaitingRoom();
            var gate = new SyscallGate(queue);
            queue.Gate = gate;
            gate.Open(guest.Service);
            var failures = 0;
            using var ready = new Barrier(3);

            // Two threads open and close files until the end; a closed service would answer with an error.
            var threads = Enumerable.Range(0, 2).Select(number => new Thread(() =>
            {
                ready.SignalAndWait();
                for (var turn = 0; turn < 200 && !stop.IsRequested; turn++)
                {
                    var opened = gate.Serve(new GuestCall(CallNumber.Open, AddressSpace.Physical, 0x100), stop, out _).Result;
                    if (opened is not (3 or 4 or Interrupted))
                    {
                        Interlocked.Increment(ref failures);
                    }

                    if (opened > 0)
                    {
                        gate.Serve(Close(opened), stop, out _);
                    }
                }
            })).ToList();
            threads.ForEach(thread => thread.Start());
            ready.SignalAndWait();
            TestTime.Spin(round * 5000L);
            gate.Close();
            stop.Request();
            threads.ForEach(thread => thread.Join());

            Assert.Equal(0, OpenDescriptors.Below(_folder["file"]));
            Assert.Equal(0, failures);
        }
    }

    private static GuestCall Close(long fd) => new(CallNumber.Close, AddressSpace.Physical, (ulong)fd);

    // Output is written inside the gate.
    private void Inside(Action action)
    {
        var happened = false;
        _guest.Output.OnWrite = _ =>
        {
            action();
            happened = true;
        };
        _gate.Serve(new GuestCall(CallNumber.Write, AddressSpace.Physical, 1, 0, 1), _stop, out _);
        _guest.Output.OnWrite = null;
        Assert.True(happened);
    }

    // A vCPU's thread that makes a call, which is in the queue when this returns.
    private Caller Call(GuestCall call, VmStopSignal? stop = null)
    {
        var queued = _queue.Turns.Count;
        var caller = new Caller(_gate, call, stop ?? _stop);
        Assert.True(SpinWait.SpinUntil(() => _queue.Turns.Count > queued, TestTime.Seconds(60)));
        return caller;
    }

    private sealed class Caller
    {
        private readonly Thread _thread;
        private (long Result, bool WasQueued) _answer;

        public Caller(SyscallGate gate, GuestCall call, VmStopSignal stop)
        {
            _thread = new Thread(() =>
            {
                var result = gate.Serve(call, stop, out var wasQueued).Result;
                _answer = (result, wasQueued);
            });
            _thread.Start();
        }

        public bool IsDone => !_thread.IsAlive;

        public (long Result, bool WasQueued) Join()
        {
            Assert.True(_thread.Join(TestTime.Seconds(60)));
            return _answer;
        }
    }

    /// <summary>Keeps those who found the gate taken; lets in none unless told to.</summary>
    private sealed class WaitingRoom : ISyscallQueue
    {
        private int _freed;

        public ConcurrentQueue<GateTurn> Turns { get; } = [];

        /// <summary>Has everybody let in as soon as can be.</summary>
        public SyscallGate? Gate { get; set; }

        public int Freed => Volatile.Read(ref _freed);

        public GateTurn First => Turns.TryPeek(out var first) ? first : throw new InvalidOperationException("Nobody waits.");

        public GateTurn Take() => Turns.TryDequeue(out var first) ? first : throw new InvalidOperationException("Nobody waits.");

        public void Enqueue(GateTurn turn)
        {
            Turns.Enqueue(turn);
            LetIn();
        }

        public void GateFreed()
        {
            Interlocked.Increment(ref _freed);
            LetIn();
        }

        private void LetIn()
        {
            lock (Turns)
            {
                while (Gate is not null && Turns.TryPeek(out var first) && Gate.TryLetIn(first))
                {
                    Turns.TryDequeue(out _);
                }
            }
        }
    }
}
