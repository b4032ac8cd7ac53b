namespace KvmActors.Actors.Services;

/// <summary>
/// Something of the host's that VMs take little by little, after they have been started: what all of them may still take must fit
/// into what is left. Belongs to one actor, or is used under its lock.
/// </summary>
/// <param name="readLeft">How much there is, given with how much nobody looks closer; null when nobody knows.</param>
/// <param name="readOwn">How much the process has taken; null when nobody knows.</param>
/// <param name="reserve">How much is never given to VMs.</param>
internal sealed class Headroom(Func<long, long?> readLeft, Func<long?> readOwn, long reserve)
{
    private long _promised;
    private long _before;

    /// <summary>A scenario begins.</summary>
    public void Begin() => _before = readOwn() ?? 0;

    /// <summary>How much is left for another VM when it needs more than that; null when it fits, or nobody knows.</summary>
    public long? FindShortage(long needed)
    {
        if (readLeft(reserve + _promised + needed) is not { } there)
        {
            return null;
        }

        var left = there - reserve;
        if (left >= _promised + needed)
        {
            return null;
        }

        // What has been taken already is missing from what there is: it must not count twice.
        left -= _promised - Math.Clamp((readOwn() ?? 0) - _before, 0, _promised);
        return left >= needed ? null : Math.Max(0, left);
    }

    /// <summary>A VM has been made that may take so much.</summary>
    public void Take(long most) => _promised += most;

    /// <summary>It is gone.</summary>
    public void Return(long most) => _promised -= most;
}
