namespace KvmActors.Interop.Memory;

/// <content>Memory that is lent to whoever embeds the VM: it stays where it is until it was given back, whatever becomes of the VM.</content>
public sealed unsafe partial class GuestMemory
{
    private readonly Lock _loans = new();
    private int _lent;
    private bool _isClosed;

    /// <summary>Whether somebody has it, who is no part of its VM: then no other guest may be put into it.</summary>
    public bool IsLent
    {
        get
        {
            lock (_loans)
            {
                return _lent > 0;
            }
        }
    }

    /// <summary>Lends it; <see cref="GiveBack"/> follows.</summary>
    /// <returns>False when its VM is gone already.</returns>
    public bool TryLend()
    {
        lock (_loans)
        {
            _lent += _isClosed ? 0 : 1;
            return !_isClosed;
        }
    }

    /// <summary>Takes note that it is not used any more by whom it was lent to.</summary>
    public void GiveBack()
    {
        lock (_loans)
        {
            if (--_lent > 0 || !_isClosed)
            {
                return;
            }
        }

        Close();
    }
}
