namespace KvmActors.Linux.Files;

/// <summary>What wants to hear of files that it waits for.</summary>
internal interface IWakeable
{
    /// <summary>A file may have become ready.</summary>
    void Wake();

    /// <summary>A file is open nowhere any more.</summary>
    void Closed();
}
