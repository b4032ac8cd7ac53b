using KvmActors.Interop.Libc;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Tests.Files;

public sealed class EpollFileTests
{
    private const uint In = 1;

    [Fact]
    public void Add_MoreThanTheGroupMayWatch_IsEnospcUntilOneIsClosed()
    {
        var group = new EpollGroup(maxWatches: 2);
        var (one, other) = (new EpollFile(group), new EpollFile(group));
        var file = new EventFile(0, isSemaphore: false, flags: 0);

        Assert.Equal((Errno.None, Errno.None), (one.Add(file, 3, In, 0), other.Add(file, 3, In, 0)));
        Assert.Equal(Errno.ENOSPC, one.Add(file, 4, In, 0));
        other.Dispose();
        Assert.Equal(Errno.None, one.Add(file, 4, In, 0));
    }

    // Each is above each of the next: what changes at the bottom goes through every one once.
    [Fact]
    public void Note_ManyWaysUp_AreGoneOnce()
    {
        const int Width = 2, Levels = 4;
        var group = new EpollGroup(maxWatches: 1000);
        var levels = Enumerable.Range(0, Levels).Select(_ => Enumerable.Range(0, Width).Select(_ => new EpollFile(group)).ToArray()).ToArray();
        var bottom = new EventFile(1, isSemaphore: false, flags: 0);
        for (var level = 1; level < Levels; level++)
        {
            foreach (var (above, below) in levels[level].SelectMany(above => levels[level - 1].Select(below => (above, below))))
            {
                Assert.Equal(Errno.None, above.Add(below, below.GetHashCode(), In, 0));
            }
        }

        var before = group.Change;
        Assert.Equal(Errno.None, levels[0][0].Add(bottom, 3, In, 0));

        Assert.Equal(before + 1, group.Change);
        Assert.Equal(PollEvents.In, levels[^1][^1].Poll());
        Assert.Equal(Errno.ENOSPC, AddUntilRefused(levels));
    }

    private static Errno AddUntilRefused(EpollFile[][] levels)
    {
        var errno = Errno.None;
        for (var fd = 1; fd < 1000 && errno == Errno.None; fd++)
        {
            errno = levels[1][0].Add(levels[0][0], fd, In, 0);
        }

        return errno;
    }
}
