using KvmActors.Machine.Streams;

namespace KvmActors.Linux.Files;

/// <summary>A file that a guest sees and that is no file of the host's: bytes, or a stream.</summary>
/// <param name="Guest">Where the guest sees it: an absolute, normalised path.</param>
public sealed record ProvidedFile(string Guest)
{
    /// <summary>What is in it, which the guest may read and nobody changes; nothing where it is a stream.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>The stream that it is; null where it is bytes.</summary>
    public StreamBuffer? Stream { get; init; }

    /// <summary>Whether the guest writes the stream; otherwise it reads it.</summary>
    public bool IsWritten { get; init; }
}
