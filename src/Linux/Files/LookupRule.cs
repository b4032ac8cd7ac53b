using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Linux.Files;

/// <summary>
/// No step follows a link or enters a file system of the kernel's own; rights follow the most specific mapping that holds the
/// object that was reached, however it was reached; and what was found is opened itself, not by a name.
/// </summary>
internal sealed class LookupRule(NamespaceTree tree) : ILookupRule
{
    /// <inheritdoc/>
    public Errno TryStep(HostNode directory, ReadOnlySpan<byte> name, out HostNode? node)
    {
        var errno = directory.TryStep(name, out node);
        if (node is null || node.Identity.Device == directory.Identity.Device || tree.FindMappings(node).Length > 0 || !KernelFileSystems.Hold(node))
        {
            return errno;
        }

        node.Dispose();
        node = null;
        return Errno.EACCES;
    }

    /// <inheritdoc/>
    public Errno TryGo(HostNode directory, NamespaceNode mapping, ReadOnlySpan<byte> path, out HostNode? node)
    {
        node = null;
        if (!tree.IsOfOneRight(mapping, directory.Identity.Device))
        {
            return Errno.EAGAIN;
        }

        var errno = directory.TryGo(path, out node);
        return errno is Errno.None or Errno.ENOENT or Errno.ENOTDIR or Errno.EACCES ? errno : Errno.EAGAIN;
    }

    /// <inheritdoc/>
    public NamespaceNode Decide(NamespaceNode began, NamespaceNode current, HostNode node)
    {
        // Of several mappings of one object the one on the way counts, and otherwise the one that allows least.
        NamespaceNode? decided = null;
        foreach (var mapping in tree.FindMappings(node))
        {
            if (mapping == current)
            {
                return current;
            }

            decided = decided is null || mapping.Access < decided.Access ? mapping : decided;
        }

        return decided ?? current;
    }

    /// <inheritdoc/>
    public Errno TryOpen(HostNode node, int flags, uint mode, out HostFile? file) => node.TryOpen(flags, mode, out file);
}
