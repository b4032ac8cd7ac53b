using System.Text;
using Akka.Actor;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Tests.Support;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Syscalls;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Actors.Tests.Hypercalls;

/// <summary>The gate and its actor together: one at a time, nobody forgotten, in order.</summary>
public sealed class HypercallActorTests : VmTestKit
{
    private readonly TempFolder _folder = new();
    private readonly GuestMemory _memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 1 << 20));
    private readonly HypercallQueue _queue = new();
    private readonly SyscallGate _gate;
    private readonly VmStopSignal _stop = new();

    public HypercallActorTests()
    {
        _folder.AddFile("file", "0123456789");
        _gate = new SyscallGate(_queue);
        var spec = Vms.Real16(new Code16().Hlt()) with { Files = [new FileMapping("/data", _folder.Root, MappingAccess.Read)] };
        _queue.Actor = Sys.ActorOf(Props.Create(() => new HypercallActor(spec, _memory, _gate, _stop)), "hypercalls");
        Open("vm-0");
        Assert.True(_memory.TryWriteBytes(new GuestPhysAddr(Path), "/data/file\0"u8));
    }

    private const ulong Path = 0x100;

    private static GuestCall BadClose => new(CallNumber.Close, AddressSpace.Physical, 77);

    protected override void AfterAll()
    {
        Watch(_queue.Actor);
        Sys.Stop(_queue.Actor);
        ExpectTerminated(_queue.Actor, Patience);
        _memory.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Execute_ManyThreads_NeverTwoInsideAndAllServed()
    {
        const int Threads = 8, Calls = 500;
        var inside = 0;
        var collisions = 0;
        Console.OnWrite = _ =>
        {
            if (Interlocked.Increment(ref inside) != 1)
            {
                Interlocked.Increment(ref collisions);
            }

            TestTime.Spin(500);
            Interlocked.Decrement(ref inside);
        };
        var wrong = 0;
        var threads = Enumerable.Range(0, Threads).Select(number => new Thread(() =>
        {
            var address = (ulong)(0x1000 + (number * 0x100));
            for (var call = 0; call < Calls; call++)
            {
                _memory.TryWriteBytes(new GuestPhysAddr(address), Encoding.ASCII.GetBytes($"{number}.{call:d4} "));
                if (_gate.Serve(new GuestCall(CallNumber.Write, AddressSpace.Physical, 1, address, 7), _stop, out _).Result != 7)
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Equal((0, 0), (collisions, wrong));
        var written = Console.Text().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var expected = from thread in Enumerable.Range(0, Threads) from call in Enumerable.Range(0, Calls) select $"{thread}.{call:d4}";
        Assert.Equal(expected, written.Order(StringComparer.Ordinal));

        // A thread's own calls keep their order.
        Assert.All(written.GroupBy(word => word[0]), group => Assert.Equal(group.Order(StringComparer.Ordinal), group));
    }

    [Fact]
    public void EnterGate_WhileSomebodyIsInside_WaitersAreLetInInOrderOfArrival()
    {
        const int Waiters = 3;
        var threads = new List<Thread>();
        Assert.True(_memory.TryWriteBytes(new GuestPhysAddr(0x1000), "xABC"u8));
        Console.OnWrite = text =>
        {
            if (text != "x")
            {
                return;
            }

            // Inside the gate: each is in the mailbox before the next one comes.
            for (var index = 1UL; index <= Waiters; index++)
            {
                var address = 0x1000 + index;
                var thread = new Thread(() => _gate.Serve(Write(address), _stop, out _));
                thread.Start();
                threads.Add(thread);
                Assert.True(SpinWait.SpinUntil(() => (thread.ThreadState & ThreadState.WaitSleepJoin) != ThreadState.Running, Patience));
            }
        };

        _gate.Serve(Write(0x1000), _stop, out var wasQueued);
        threads.ForEach(thread => thread.Join());

        Assert.Equal(("xABC", false), (Console.Text(), wasQueued));
        Assert.True(_gate.TryRetire());
    }

    // Whether the actor looks before, while or after the one inside leaves.
    [Fact]
    public void EnterGate_AtAnyMomentOfALeave_IsNeverForgotten()
    {
        var queued = 0;
        for (var round = 0; round < 500; round++)
        {
            using var inside = new SemaphoreSlim(0);
            var pause = round * 100L;
            var isComing = 0;
            Console.OnWrite = _ =>
            {
                inside.Release();
                SpinWait.SpinUntil(() => Volatile.Read(ref isComing) != 0, Patience);
                TestTime.Spin(pause);
            };
            var other = new Thread(() => _gate.Serve(Write(0x1000), _stop, out _));
            other.Start();
            Assert.True(inside.Wait(Patience));

            Volatile.Write(ref isComing, 1);
            Assert.Equal(-9, _gate.Serve(BadClose, _stop, out var wasQueued).Result);

            queued += wasQueued ? 1 : 0;
            other.Join();
        }

        Assert.InRange(queued, 1, 500);
    }

    [Fact]
    public void OpenGuest_AgainAfterARetiredGate_ClosesWhatTheLastGuestHadOpen()
    {
        Assert.Equal(3, _gate.Serve(new GuestCall(CallNumber.Open, AddressSpace.Physical, Path), _stop, out _).Result);
        Assert.Equal(1, OpenDescriptors.Below(_folder["file"]));
        Assert.True(_gate.TryRetire());

        Open("vm-1");

        Assert.Equal(0, OpenDescriptors.Below(_folder["file"]));
        _gate.Serve(Write(0x1000), _stop, out _);
        Assert.Equal("vm-1", Assert.Single(Console.Writes).Vm);
    }

    // The next guest's call may come before its state is there: it waits in the mailbox, behind the message that brings it.
    [Fact]
    public void EnterGate_WhileTheGateIsRetired_IsServedByTheNextGuestsState()
    {
        Assert.True(_gate.TryRetire());
        var caller = Task.Run(() => _gate.Serve(BadClose, _stop, out var wasQueued).Result + (wasQueued ? 0 : 1000));

        TestTime.Spin(100_000);
        Assert.False(caller.IsCompleted);
        Open("vm-1");

        AwaitAssert(() => Assert.True(caller.IsCompletedSuccessfully), Patience);
    }

    [Fact]
    public void Stop_ClosesTheFilesAndStopsTheVcpus()
    {
        _gate.Serve(new GuestCall(CallNumber.Open, AddressSpace.Physical, Path), _stop, out _);
        Watch(_queue.Actor);

        Sys.Stop(_queue.Actor);

        ExpectTerminated(_queue.Actor, Patience);
        Assert.True(_stop.IsRequested);
        Assert.Equal(0, OpenDescriptors.Below(_folder.Root));
    }

    // As when the output it writes to fails in a way nobody foresaw.
    [Fact]
    public void EnterGate_ForACallThatThrows_TheNextOneIsServed()
    {
        Exception? thrown = null;
        Thread? waiting = null;
        Console.OnWrite = text =>
        {
            if (waiting is not null)
            {
                throw new InvalidOperationException("the output is gone");
            }

            waiting = new Thread(() => thrown = Record.Exception(() => _gate.Serve(Write(0x1000), _stop, out _)));
            waiting.Start();
            Assert.True(SpinWait.SpinUntil(() => (waiting.ThreadState & ThreadState.WaitSleepJoin) != ThreadState.Running, Patience));
        };

        _gate.Serve(Write(0x1000), _stop, out _);

        Assert.True(waiting!.Join(Patience));
        Assert.IsType<InvalidOperationException>(thrown);
        Assert.Equal(-9, _gate.Serve(BadClose, _stop, out _).Result);
        Assert.False(_stop.IsRequested);
    }

    // A vCPU that waits for an answer when its VM dies must not wait for ever.
    [Fact]
    public void Stop_WhileACallWaits_TheCallerIsLetGo()
    {
        Assert.True(_gate.TryRetire());
        var caller = Task.Run(() => _gate.Serve(BadClose, _stop, out _).Result);

        Sys.Stop(_queue.Actor);

        AwaitAssert(() => Assert.True(caller.IsCompletedSuccessfully), Patience);
    }

    [Fact]
    public void OpenGuest_MappedPathMissing_SaysWhichAndWhy()
    {
        var spec = Vms.Real16(new Code16().Hlt()) with { Files = [new FileMapping("/x", "/nowhere/at/all", MappingAccess.Read)] };
        var gate = new SyscallGate(new HypercallQueue());
        var actor = Sys.ActorOf(Props.Create(() => new HypercallActor(spec, _memory, gate, _stop)), "broken");

        actor.Tell(new OpenGuest(new GuestConsole("vm-0", Console, 100), null), TestActor);

        Assert.Contains("/nowhere/at/all", ExpectMsg<GuestOpenFailed>(Patience).Message, StringComparison.Ordinal);
    }

    private static GuestCall Write(ulong address) => new(CallNumber.Write, AddressSpace.Physical, 1, address, 1);

    private void Open(string id)
    {
        _queue.Actor.Tell(new OpenGuest(new GuestConsole(id, Console, long.MaxValue), null), TestActor);
        ExpectMsg<GuestOpened>(Patience);
    }
}
