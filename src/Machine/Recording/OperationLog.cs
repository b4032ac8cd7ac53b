namespace KvmActors.Machine.Recording;

/// <summary>
/// The newest calls of a VM that had to wait for their turn at the gate, with their time inside. Its vCPUs write, one at a time,
/// and whoever wants to know reads.
/// </summary>
public sealed class OperationLog(int capacity)
{
    private readonly Lock _gate = new();
    private NewestRing<RecordedOperation>? _operations;

    /// <summary>Adds an operation. The memory is taken with the first: most VMs have one vCPU, which never waits.</summary>
    public void Add(in RecordedOperation operation)
    {
        lock (_gate)
        {
            (_operations ??= new NewestRing<RecordedOperation>(capacity)).Add(operation);
        }
    }

    /// <summary>What is kept, oldest first, and how many there was no room for.</summary>
    public (IReadOnlyList<RecordedOperation> Operations, long Dropped) Read()
    {
        lock (_gate)
        {
            return (_operations?.ToArray() ?? [], _operations?.Dropped ?? 0);
        }
    }
}
