using System.Text;
using FsCheck;
using FsCheck.Fluent;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Recording;

namespace KvmActors.Machine.Tests.Recording;

public class SlowestExitsTests
{
    [Fact]
    public void ToList_MoreThanAreKept_AreTheSlowestInOrder() => Prop.ForAll(
        ArbMap.Default.ArbFor<ushort[]>(),
        ticks =>
        {
            var slowest = new SlowestExits();
            foreach (var time in ticks)
            {
                Offer(slowest, time);
            }

            return slowest.ToList().Select(slow => slow.Exit.WorkTicks).SequenceEqual(
                ticks.Select(time => (long)time).OrderDescending().Take(SlowestExits.Capacity));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Wants_FullOfSlowerOnes_IsFalse()
    {
        var slowest = new SlowestExits();
        for (var index = 0; index < SlowestExits.Capacity; index++)
        {
            Assert.True(slowest.Wants(Exit(0)));
            Offer(slowest, 10);
        }

        Assert.Equal((false, true), (slowest.Wants(Exit(10)), slowest.Wants(Exit(11))));
    }

    [Fact]
    public void ToList_Paths_StayWithTheirExitsWhenOthersGiveWay()
    {
        var slowest = new SlowestExits();
        for (var index = 0; index < SlowestExits.Capacity; index++)
        {
            Offer(slowest, index, $"/{index}");
        }

        // The two fastest give way: one to an exit with a longer path, one to an exit without any.
        Offer(slowest, 100, "/a-longer-path");
        Offer(slowest, 101);

        var kept = slowest.ToList();
        Assert.Equal([null, "/a-longer-path", "/19", "/18"], kept.Take(4).Select(slow => slow.Path));
        Assert.Equal("/2", kept[^1].Path);
    }

    [Fact]
    public void Keep_Room_IsForAPathsFirstBytes()
    {
        var room = new SlowestExits().Keep(Exit(1), out _);

        Assert.Equal(SlowestExits.PathBytes, room.Length);
    }

    [Fact]
    public void ToList_Waits_DoNotCount()
    {
        var slowest = new SlowestExits();
        Offer(slowest, 50);
        var waited = Exit(1000) with { HasCall = true, Call = new RecordedCall(35, 0, Ended: 5, 0) { Waited = true } };
        slowest.Keep(waited, out _);

        Assert.Equal([50, 5], slowest.ToList().Select(slow => slow.Exit.WorkTicks));
    }

    private static void Offer(SlowestExits slowest, long ticks, string path = "")
    {
        if (slowest.Wants(Exit(ticks)))
        {
            var room = slowest.Keep(Exit(ticks), out var row);
            slowest.SetPathLength(row, Encoding.UTF8.GetBytes(path, room));
        }
    }

    private static RecordedExit Exit(long ticks) => new(VcpuExitReason.Io, Entered: 0, Exited: 0, Handled: ticks, Location: 0);
}
