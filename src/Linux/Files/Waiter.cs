using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Files;

/// <summary>
/// One vCPU as a waiter: where it is to be woken, and what the call that waits has to remember until it is made again. Its places end with
/// the next call of the vCPU, whatever ended the wait. Used under the gate's one-at-a-time rule.
/// </summary>
/// <param name="vcpu">The vCPU's number.</param>
/// <param name="vcpus">Its VM's vCPUs.</param>
internal sealed class Waiter(int vcpu, VcpuPool vcpus) : IWakeable
{
    private const int MaxSpare = 64;

    private WaitEntry? _entered, _spare;
    private GuestFile? _held;
    private int _spares;
    private WaitingCall? _call;
    private bool _isWoken;

    /// <summary>What the call that waits has done so far, in its own units.</summary>
    public long Done { get; set; }

    /// <summary>The file that it waits for, open until its call has ended; null for none.</summary>
    public GuestFile? Held => _held;

    /// <summary>A call of the vCPU begins: it waits for nothing.</summary>
    /// <param name="call">The call.</param>
    /// <returns>Whether it is the call that has waited.</returns>
    public bool Begin(in WaitingCall call)
    {
        LeaveAll();
        var isRepeated = _call == call;
        (_call, _isWoken) = (null, false);
        if (!isRepeated)
        {
            End();
        }

        return isRepeated;
    }

    /// <summary>The call is going to wait.</summary>
    public void Wait(in WaitingCall call) => _call = call;

    /// <summary>The call has ended.</summary>
    public void End()
    {
        LeaveAll();
        Done = 0;
        var held = _held;
        _held = null;
        held?.Release();
    }

    /// <summary>Keeps a file open until the call has ended, whoever closes its descriptor meanwhile.</summary>
    public void Hold(GuestFile file)
    {
        if (_held is null)
        {
            file.Retain();
            _held = file;
        }
    }

    /// <summary>Waits in a queue, too.</summary>
    public void Enter(WaitQueue queue)
    {
        var entry = _spare;
        if (entry is null)
        {
            entry = new WaitEntry(this);
        }
        else
        {
            _spare = entry.Sibling;
            _spares--;
        }

        (entry.Sibling, _entered) = (_entered, entry);
        queue.Add(entry);
    }

    /// <inheritdoc/>
    public void Wake()
    {
        // Once is enough until it has looked.
        if (!_isWoken)
        {
            _isWoken = true;
            vcpus.Wake(vcpu);
        }
    }

    /// <inheritdoc/>
    public void Closed()
    {
    }

    private void LeaveAll()
    {
        while (_entered is { } entry)
        {
            _entered = entry.Sibling;
            entry.Queue!.Remove(entry);
            if (_spares < MaxSpare)
            {
                (entry.Sibling, _spare) = (_spare, entry);
                _spares++;
            }
        }
    }
}

/// <summary>What tells a call that is made again from another one.</summary>
/// <param name="Number">Which call.</param>
/// <param name="First">Its first argument.</param>
/// <param name="Second">The second.</param>
/// <param name="Third">The third.</param>
internal readonly record struct WaitingCall(int Number, ulong First, ulong Second, ulong Third);
