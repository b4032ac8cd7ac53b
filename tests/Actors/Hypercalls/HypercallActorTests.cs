using Akka.Actor;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Vm;
using KvmActors.Tests;
using KvmActors.Tests.Support;

namespace KvmActors.Actors.Tests.Hypercalls;

/// <summary>The queue and its actor together: one at a time, nobody forgotten, in order.</summary>
public sealed class HypercallActorTests : VmTestKit
{
    private readonly TempFolder _folder = new();
    private readonly FileGuest _guest;
    private readonly FileQueue _queue;
    private readonly VmStopSignal _stop = new();

    public HypercallActorTests()
    {
        _folder.AddFile("file", "0123456789");
        _guest = new FileGuest(_folder);
        _queue = new FileQueue(_guest.Service);
        _queue.Actor = Sys.ActorOf(Props.Create(() => new HypercallActor(_queue, _stop)), "hypercalls");
    }

    protected override void AfterAll()
    {
        Sys.Stop(_queue.Actor);
        _guest.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Execute_ManyThreads_NeverTwoInsideAndAllServed()
    {
        const int Threads = 8, Calls = 500;
        var inside = 0;
        var collisions = 0;
        _guest.Output.OnWrite = _ =>
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
                _guest.Put(address, $"{number}.{call:d4} ");
                if (Call(new FileRequest(HypercallId.Write, AddressSpace.Physical, 1, address, 7)) != 7)
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Equal((0, 0), (collisions, wrong));
        var written = _guest.Output.Text().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var expected = from thread in Enumerable.Range(0, Threads) from call in Enumerable.Range(0, Calls) select $"{thread}.{call:d4}";
        Assert.Equal(expected, written.Order(StringComparer.Ordinal));

        // A thread's own calls keep their order.
        Assert.All(written.GroupBy(word => word[0]), group => Assert.Equal(group.Order(StringComparer.Ordinal), group));
    }

    [Fact]
    public void FileCall_WhileSomebodyIsInside_WaitersAreServedInOrderOfArrival()
    {
        _guest.Put(0x1000, "ABC");
        Assert.True(_queue.TryEnter());
        for (var index = 0UL; index < 3; index++)
        {
            _queue.AddWaiter();
            _queue.Actor.Tell(new FileCall(new FileRequest(HypercallId.Write, AddressSpace.Physical, 1, 0x1000 + index, 1)), TestActor);
        }

        // The actor has looked and found somebody inside; so does a newcomer.
        Assert.False(_queue.TryEnter());
        Assert.Equal("", _guest.Output.Text());

        _queue.Leave();

        Assert.Equal([1L, 1L, 1L], ReceiveN(3, Patience).Cast<FileReply>().Select(reply => reply.Result));
        Assert.Equal("ABC", _guest.Output.Text());
        AwaitCondition(_queue.TryEnter, Patience);
    }

    // Whether the actor looks before, while or after the one inside leaves.
    [Fact]
    public void FileCall_AtAnyMomentOfALeave_IsNeverForgotten()
    {
        for (var round = 0; round < 500; round++)
        {
            Assert.True(SpinWait.SpinUntil(_queue.TryEnter, Patience));
            _queue.AddWaiter();
            _queue.Actor.Tell(new FileCall(new FileRequest(HypercallId.Close, AddressSpace.Physical, 77)), TestActor);
            TestTime.Spin(round * 100L);

            _queue.Leave();

            Assert.Equal(-9, ExpectMsg<FileReply>(Patience).Result);
        }
    }

    [Fact]
    public void FileCall_NobodyInside_IsServedAtOnce()
    {
        _queue.AddWaiter();
        _queue.Actor.Tell(new FileCall(new FileRequest(HypercallId.Close, AddressSpace.Physical, 77)), TestActor);

        Assert.Equal(-9, ExpectMsg<FileReply>(Patience).Result);
    }

    [Fact]
    public void Stop_ClosesTheFilesAndStopsTheVcpus()
    {
        _guest.Open("/data/file");
        Watch(_queue.Actor);

        Sys.Stop(_queue.Actor);

        ExpectTerminated(_queue.Actor, Patience);
        Assert.True(_stop.IsRequested);
        Assert.Equal(0, OpenDescriptors.Below(_folder.Root));
    }

    // As when the output it writes to fails in a way nobody foresaw.
    [Fact]
    public void FileCall_ThatThrows_StillClosesTheFilesAndStopsTheVcpus()
    {
        _guest.Open("/data/file");
        _guest.Output.OnWrite = _ => throw new InvalidOperationException("the output is gone");
        _queue.AddWaiter();

        _queue.Actor.Tell(new FileCall(new FileRequest(HypercallId.Write, AddressSpace.Physical, 1, 0x1000, 1)), TestActor);

        AwaitCondition(() => _stop.IsRequested, Patience);
        AwaitAssert(() => Assert.Equal(0, OpenDescriptors.Below(_folder.Root)), TestTime.Seconds(5));
    }

    // A vCPU that waits for an answer when its VM dies must not wait for ever.
    [Fact]
    public async Task Stop_WhileACallWaits_TheAskerIsLetGo()
    {
        Assert.True(_queue.TryEnter());
        _queue.AddWaiter();
        var call = _queue.Actor.Ask<FileReply>(new FileCall(new FileRequest(HypercallId.Close, AddressSpace.Physical, 77)), _stop.Token);

        Sys.Stop(_queue.Actor);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Patience));
        _queue.Leave();
    }

    // As HypercallHandler does it on a vCPU's thread.
    private long Call(FileRequest request)
    {
        if (_queue.TryEnter())
        {
            try
            {
                return _queue.Service.Execute(request);
            }
            finally
            {
                _queue.Leave();
            }
        }

        _queue.AddWaiter();
        return _queue.Actor.Ask<FileReply>(new FileCall(request), _stop.Token).GetAwaiter().GetResult().Result;
    }
}
