using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Tests.Processor;

public sealed class VcpuEntryTests
{
    [Fact]
    public void Enter_AfterARequest_HasToForgetOnce()
    {
        var entry = new VcpuEntry(static () => Assert.Fail("nobody is inside"));
        entry.RequestFlush();
        entry.AwaitFlush();

        Assert.True(entry.Enter());
        entry.Leave();
        Assert.False(entry.Enter());
    }

    [Fact]
    public void RequestFlush_WhileItExecutes_KicksIt()
    {
        var kicks = 0;
        var entry = new VcpuEntry(() => kicks++);
        entry.Enter();

        entry.RequestFlush();
        entry.Leave();
        entry.AwaitFlush();

        Assert.Equal(1, kicks);
        Assert.True(entry.Enter());
    }

    // Each round makes a page go away; who executes must not go on with what it knew before.
    [Fact]
    public void AwaitFlush_WhenItReturns_NobodyExecutesWithWhatWasBefore()
    {
        const int Rounds = 20_000;
        var kicked = 0;
        var entry = new VcpuEntry(() => Volatile.Write(ref kicked, 1));
        var (version, known, ends) = (0, 0, false);
        var isInside = 0;
        var executing = new Thread(() =>
        {
            while (!Volatile.Read(ref ends))
            {
                if (entry.Enter())
                {
                    Volatile.Write(ref known, Volatile.Read(ref version));
                }

                Volatile.Write(ref isInside, 1);
                Thread.SpinWait(20);
                Volatile.Write(ref isInside, 0);
                Volatile.Write(ref kicked, 0);
                entry.Leave();
            }
        });
        executing.Start();
        for (var round = 1; round <= Rounds; round++)
        {
            Volatile.Write(ref version, round);
            entry.RequestFlush();
            entry.AwaitFlush();

            // It is outside, and forgets before it executes; or it has forgotten since.
            Assert.True(Volatile.Read(ref isInside) == 0 || Volatile.Read(ref known) == round || Volatile.Read(ref known) == round);
        }

        Volatile.Write(ref ends, true);
        executing.Join();
    }
}
