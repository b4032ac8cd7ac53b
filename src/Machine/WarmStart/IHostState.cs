namespace KvmActors.Machine.WarmStart;

/// <summary>What a program has at the host, for whoever puts its VM back to an earlier moment.</summary>
public interface IHostState
{
    /// <summary>Whether it is as it was at the program's beginning, but for its standard streams.</summary>
    bool IsAsNew();

    /// <summary>Makes it so. The VM's memory is still as the program left it.</summary>
    /// <returns>False when that cannot be done.</returns>
    bool TryRenew();

    /// <summary>The VM's memory has been put back: what the host keeps in it is to be written anew.</summary>
    void Renewed();
}
