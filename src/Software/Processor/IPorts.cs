namespace KvmActors.Software.Processor;

/// <summary>Port accesses that a machine handles itself.</summary>
internal interface IPorts
{
    /// <summary>Takes a write that rings a doorbell.</summary>
    /// <returns>False where there is none: the host sees the write.</returns>
    bool TryRing(ushort port, int size);
}
