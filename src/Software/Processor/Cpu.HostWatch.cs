using KvmActors.Machine.Processor;

namespace KvmActors.Software.Processor;

/// <summary>Watchpoints of the host's, of which the guest notices nothing.</summary>
internal sealed partial class Cpu
{
    private Watchpoint[] _hostWatchpoints = [];

    /// <summary>Whether there are any.</summary>
    public bool HasHostWatchpoints => _hostWatchpoints.Length > 0;

    /// <summary>The access that met one, until the host was told; of several of one instruction the first.</summary>
    public WatchHit? HostHit;

    /// <summary>Sets them.</summary>
    public void SetHostWatchpoints(IReadOnlyCollection<Watchpoint> watchpoints)
    {
        _hostWatchpoints = [.. watchpoints];
        HostHit = HasHostWatchpoints ? HostHit : null;
        RefreshMode();
    }

    private void NoteHostAccess(ulong linear, int size, bool isWrite)
    {
        var kind = isWrite ? WatchKind.Write : WatchKind.Read;
        foreach (var watchpoint in _hostWatchpoints)
        {
            if ((watchpoint.Kind & kind) != WatchKind.None && watchpoint.Covers(linear, (ulong)size))
            {
                // Its first byte that is watched: addresses go round.
                HostHit ??= new WatchHit(linear - watchpoint.Address < watchpoint.Length ? linear : watchpoint.Address, watchpoint.Kind);
                StopBlock();
            }
        }
    }
}
