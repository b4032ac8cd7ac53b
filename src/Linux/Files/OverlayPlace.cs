using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Linux.Files;

/// <summary>Where an open file was found, for what has to be looked up again: a change of the host's file goes to a copy.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Path">Where it was, below the mapping's root.</param>
/// <param name="Identity">Which object it was.</param>
internal sealed record OverlayPlace(OverlayLayer Layer, byte[] Path, HostIdentity Identity)
{
    /// <summary>The place of an object.</summary>
    public static OverlayPlace Of(OverlayNode node) => new(node.Layer, node.Place, node.Identity);

    /// <summary>Finds the object again.</summary>
    /// <returns>Null when it was moved or removed. Given back by <see cref="OverlayLayer.Release"/>.</returns>
    public OverlayNode? Find() => Layer.TryFind(Path, Identity, out var node) == Errno.None ? node : null;
}
