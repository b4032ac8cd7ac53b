using System.Collections.Concurrent;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Syscalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class SyscallGateTests : IDisposable
{
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

        Assert.Equal((Errno.EBADF.ToResult(), false, 0), (outcome.Result, wasQueued, _queue.Calls.Count));
    }

    [Fact]
    public void Serve_WhileSomebodyIsInside_Queues()
    {
        Inside(() =>
        {
            var outcome = _gate.Serve(Close(7), _stop, out var wasQueued);

            Assert.Equal((WaitingRoom.Answer, true), (outcome.Result, wasQueued));
            Assert.False(_gate.TryServeWaiting(Close(7), out _));
            Assert.Equal(0, _queue.Freed);
        });

        Assert.Equal((Close(7), 1), (Assert.Single(_queue.Calls), _queue.Freed));
    }

    // Who waits comes first: otherwise a busy vCPU could keep another one waiting for ever.
    [Fact]
    public void Serve_WhileSomebodyWaits_QueuesBehindHim()
    {
        Inside(() => _gate.Serve(Close(7), _stop, out _));

        _gate.Serve(Close(8), _stop, out var wasQueued);
        Assert.True(wasQueued);

        Assert.True(_gate.TryServeWaiting(Close(7), out var first));
        Assert.True(_gate.TryServeWaiting(Close(8), out _));
        Assert.Equal(Errno.EBADF.ToResult(), first.Result);
        _gate.Serve(Close(9), _stop, out wasQueued);
        Assert.False(wasQueued);
    }

    [Fact]
    public void Close_NobodyInside_ClosesTheFilesAtOnceAndLetsNobodyIn()
    {
        _guest.Open("/data/file");

        _gate.Close();
        _gate.Close();

        Assert.Equal(0, OpenDescriptors.Below(_folder.Root));
        _gate.Serve(Close(3), _stop, out var wasQueued);
        Assert.True(wasQueued);
        Assert.False(_gate.TryServeWaiting(Close(3), out _));
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
        _gate.Serve(Close(fd), _stop, out var wasQueued);
        Assert.True(wasQueued);

        using var next = new FileGuest(_folder);
        _gate.Open(next.Service);
        Assert.Equal(1, _queue.Freed);
        Assert.True(_gate.TryServeWaiting(Close(fd), out var outcome));
        Assert.Equal(Errno.EBADF.ToResult(), outcome.Result);
        Assert.True(_gate.IsUntouched());
        Assert.Equal(0, OpenDescriptors.Below(_folder["file"]));
    }

    [Fact]
    public void TryRetire_SomebodyInsideOrWaiting_IsRefused()
    {
        Inside(() =>
        {
            Assert.False(_gate.TryRetire());
            _gate.Serve(Close(7), _stop, out _);
        });

        Assert.False(_gate.TryRetire());
        Assert.True(_gate.TryServeWaiting(Close(7), out _));
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
            var gate = new SyscallGate(new WaitingRoom());
            gate.Open(guest.Service);
            var failures = 0;
            using var ready = new Barrier(3);

            // Two threads open and close files for as long as they get in; a closed service would answer with an error.
            var threads = Enumerable.Range(0, 2).Select(number => new Thread(() =>
            {
                ready.SignalAndWait();
                for (var turn = 0; turn < 200; turn++)
                {
                    var outcome = gate.Serve(new GuestCall(CallNumber.Open, AddressSpace.Physical, 0x100), _stop, out var wasQueued);
                    if (!wasQueued && outcome.Result is not (3 or 4))
                    {
                        Interlocked.Increment(ref failures);
                    }

                    if (!wasQueued)
                    {
                        gate.Serve(Close(outcome.Result), _stop, out _);
                    }
                }
            })).ToList();
            threads.ForEach(thread => thread.Start());
            ready.SignalAndWait();
            TestTime.Spin(round * 5000L);
            gate.Close();
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

    /// <summary>Keeps the calls that found the gate taken; serves none.</summary>
    private sealed class WaitingRoom : ISyscallQueue
    {
        public const long Answer = 12345;

        private int _freed;

        public ConcurrentQueue<GuestCall> Calls { get; } = [];

        public int Freed => Volatile.Read(ref _freed);

        public CallOutcome Serve(in GuestCall guestCall, VmStopSignal stopSignal)
        {
            Calls.Enqueue(guestCall);
            return new CallOutcome(Answer);
        }

        public void GateFreed() => Interlocked.Increment(ref _freed);
    }
}
