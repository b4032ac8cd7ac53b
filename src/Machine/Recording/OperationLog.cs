namespace KvmActors.Machine.Recording;

/// <summary>
/// The newest operations that a VM's hypercall actor served. The actor writes and the VM's actor reads, which may be while an
/// operation that nobody waits for any more is still being served.
/// </summary>
public sealed class OperationLog(int capacity)
{
    private readonly Lock _gate = new();
    private NewestRing<RecordedOperation>? _operations;

    /// <summary>Adds an operation. The memory is taken with the first: most VMs never need the actor.</summary>
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
