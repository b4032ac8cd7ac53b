using KvmActors.Interop.Sandbox;

namespace KvmActors.Linux.Files;

/// <summary>What a guest may do with mapped files.</summary>
public enum MappingAccess
{
    /// <summary>Open and read; whatever would change something gets EROFS.</summary>
    Read,

    /// <summary>
    /// As with <see cref="ReadWrite"/>, but whatever is changed goes to a layer of the VM's own that ends with it; the host's files stay as
    /// they are.
    /// </summary>
    Overlay,

    /// <summary>Everything the host's kernel allows this process, but set-id bits and device nodes.</summary>
    ReadWrite,
}

/// <summary>A host file or directory that a guest sees.</summary>
/// <param name="Guest">Where the guest sees it: an absolute, normalised path.</param>
/// <param name="Host">The host's file or directory.</param>
/// <param name="Access">What the guest may do with it.</param>
public sealed record FileMapping(string Guest, string Host, MappingAccess Access)
{
    /// <summary>The host's part of it, as the threads that serve the guest may use it.</summary>
    public SandboxedPath Sandboxed => new(Host, Access == MappingAccess.ReadWrite, Access == MappingAccess.Overlay);
}
