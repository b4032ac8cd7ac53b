using KvmActors.Actors.Hypercalls;
using KvmActors.Tests;
using KvmActors.Tests.Support;

namespace KvmActors.Actors.Tests.Hypercalls;

public sealed class FileQueueTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FileGuest _guest;
    private readonly FileQueue _queue;

    public FileQueueTests()
    {
        _folder.AddFile("file", "0123456789");
        _guest = new FileGuest(_folder);
        _queue = new FileQueue(_guest.Service);
    }

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void TryEnter_WhileSomebodyIsInside_IsFalseUntilHeLeaves()
    {
        Assert.True(_queue.TryEnter());
        Assert.False(_queue.TryEnter());
        Assert.False(_queue.TryEnterForWaiter());

        _queue.Leave();

        Assert.True(_queue.TryEnter());
    }

    // Who waits comes first: otherwise a busy vCPU could keep another one waiting for ever.
    [Fact]
    public void TryEnter_WhileSomebodyWaits_IsFalseForAnyoneElse()
    {
        _queue.AddWaiter();

        Assert.False(_queue.TryEnter());
        Assert.True(_queue.TryEnterForWaiter());

        _queue.RemoveWaiter();
        _queue.Leave();
        Assert.True(_queue.TryEnter());
    }

    [Fact]
    public void Close_NobodyInside_ClosesTheFilesAtOnceAndLetsNobodyIn()
    {
        _guest.Open("/data/file");

        _queue.Close();
        _queue.Close();

        Assert.Equal(0, OpenDescriptors.Below(_folder.Root));
        Assert.False(_queue.TryEnter());
        Assert.False(_queue.TryEnterForWaiter());
    }

    [Fact]
    public void Close_SomebodyInside_WaitsUntilHeLeaves()
    {
        Assert.True(_queue.TryEnter());
        var fd = _guest.Open("/data/file");

        _queue.Close();

        Assert.Equal((4L, "0123"), (_guest.Read(fd, 0x1000, 4), _guest.Get(0x1000, 4)));
        Assert.Equal(2, OpenDescriptors.Below(_folder.Root));

        _queue.Leave();

        Assert.Equal(0, OpenDescriptors.Below(_folder.Root));
        Assert.False(_queue.TryEnter());
    }

    [Fact]
    public void Close_WhileOthersComeAndGo_NobodyIsInsideAfterTheFilesAreClosed()
    {
        for (var round = 0; round < 50; round++)
        {
            using var guest = new FileGuest(_folder);
            var queue = new FileQueue(guest.Service);
            var failures = 0;
            using var ready = new Barrier(3);

            // Two threads open and close files for as long as they get in; a closed service would answer with an error.
            var threads = Enumerable.Range(0, 2).Select(_ => new Thread(() =>
            {
                ready.SignalAndWait();
                for (var turn = 0; turn < 200; turn++)
                {
                    if (!queue.TryEnter())
                    {
                        continue;
                    }

                    var fd = guest.Open("/data/file");
                    var closed = guest.Close(fd);
                    if (fd != 3 || closed != 0)
                    {
                        Interlocked.Increment(ref failures);
                    }

                    queue.Leave();
                }
            })).ToList();
            threads.ForEach(thread => thread.Start());
            ready.SignalAndWait();
            TestTime.Spin(round * 5000L);
            queue.Close();
            threads.ForEach(thread => thread.Join());

            Assert.Equal((0, 0), (failures, OpenDescriptors.Below(_folder["file"])));
        }
    }
}
