using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Linux.Files;

/// <summary>
/// What a path lookup rests on: how one step is taken, which right counts where it ended, and how what was found is opened. The
/// program has one implementation; tests have others, with mistakes in them that the sandbox must make harmless.
/// </summary>
internal interface ILookupRule
{
    /// <summary>Steps from a directory to what it holds under a name.</summary>
    Errno TryStep(HostNode directory, ReadOnlySpan<byte> name, out HostNode? node);

    /// <summary>
    /// Goes many steps at once, where nothing on the way could make a difference: no link, no other mount, no mapping of another right.
    /// </summary>
    /// <param name="directory">Where from.</param>
    /// <param name="mapping">The mapping whose right counts there.</param>
    /// <param name="path">Names without <c>.</c> and <c>..</c>, NUL-terminated.</param>
    /// <param name="node">What is there, which may be a link; null on failure.</param>
    /// <returns>EAGAIN where it has to be gone step by step.</returns>
    Errno TryGo(HostNode directory, NamespaceNode mapping, ReadOnlySpan<byte> path, out HostNode? node)
    {
        node = null;
        return Errno.EAGAIN;
    }

    /// <summary>Decides which mapping says what may be done with an object.</summary>
    /// <param name="began">The mapping that the path's own text falls under, links not considered.</param>
    /// <param name="current">The mapping through which the object was reached.</param>
    /// <param name="node">The object.</param>
    NamespaceNode Decide(NamespaceNode began, NamespaceNode current, HostNode node);

    /// <summary>Opens what was found.</summary>
    Errno TryOpen(HostNode node, int flags, uint mode, out HostFile? file);
}
