using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Tests.Support;

/// <summary>A lookup's rule with a mistake in it, for tests of what must hold all the same.</summary>
internal abstract class FlawedRule(ILookupRule right) : ILookupRule
{
    public virtual Errno TryStep(HostNode directory, ReadOnlySpan<byte> name, out HostNode? node) => right.TryStep(directory, name, out node);

    public virtual NamespaceNode Decide(NamespaceNode began, NamespaceNode current, HostNode node) => right.Decide(began, current, node);

    public virtual Errno TryOpen(HostNode node, int flags, uint mode, out HostFile? file) => right.TryOpen(node, flags, mode, out file);
}

/// <summary>A mapping's root is opened by its path again, wherever that leads by now.</summary>
internal sealed class RootsByPath(NamespaceTree tree, IReadOnlyList<FileMapping> mappings) : FlawedRule(new LookupRule(tree))
{
    private readonly Dictionary<HostIdentity, string> _paths = mappings.ToDictionary(mapping => Identity(mapping.Host), mapping => mapping.Host);

    public override Errno TryOpen(HostNode node, int flags, uint mode, out HostFile? file)
    {
        file = null;
        if (!_paths.TryGetValue(node.Identity, out var path))
        {
            return base.TryOpen(node, flags, mode, out file);
        }

        var errno = HostNode.TryFind(path, out var found);
        using (found)
        {
            return found?.TryOpen(flags, mode, out file) ?? errno;
        }
    }

    private static HostIdentity Identity(string path)
    {
        Assert.Equal(Errno.None, HostNode.TryFind(path, out var node));
        using (node)
        {
            return node!.Identity;
        }
    }
}

/// <summary>The right is that of the mapping where the path began.</summary>
internal sealed class RightOfTheBeginning(NamespaceTree tree) : FlawedRule(new LookupRule(tree))
{
    public override NamespaceNode Decide(NamespaceNode began, NamespaceNode current, HostNode node) => began;
}

/// <summary>Below a mapping the host's kernel follows links, past other mappings.</summary>
internal sealed class LinksOfTheKernel(NamespaceTree tree) : FlawedRule(new LookupRule(tree))
{
    public override Errno TryStep(HostNode directory, ReadOnlySpan<byte> name, out HostNode? node) =>
        HostNode.TryFind($"/proc/self/fd/{directory.Number}/{Encoding.UTF8.GetString(name[..^1])}", out node);

    public override NamespaceNode Decide(NamespaceNode began, NamespaceNode current, HostNode node) => current;
}
