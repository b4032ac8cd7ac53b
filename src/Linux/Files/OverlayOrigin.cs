using KvmActors.Interop.Files;

namespace KvmActors.Linux.Files;

/// <summary>What an object of a layer was copied from.</summary>
/// <param name="Lower">The host's object.</param>
/// <param name="Path">Where that is below the mapping's root: names with separators between them.</param>
internal readonly record struct OverlayOrigin(HostIdentity Lower, byte[] Path);
