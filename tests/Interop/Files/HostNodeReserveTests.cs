using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Interop.Tests.Files;

/// <summary>The descriptors that guests do not get. Alone: it takes nearly all that the process may have.</summary>
[Collection(SerialCollection.Name)]
public sealed class HostNodeReserveTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [FewDescriptorsFact]
    public void TryOpen_AllButTheReserveInUse_IsEnfileAndLeavesTheReserve()
    {
        _folder.AddFile("file", "");
        Assert.Equal(Errno.None, HostNode.TryFind(_folder["file"], out var node));
        var open = new List<HostFile>();
        Errno errno;
        while ((errno = node!.TryOpen(flags: 0, mode: 0, out var file)) == Errno.None)
        {
            open.Add(file!);
        }

        var found = HostNode.TryFind(_folder["file"], out var other);
        List<FileStream> ours = [.. Enumerable.Range(0, DescriptorLimit.Reserve / 2).Select(_ => File.OpenRead(_folder["file"]))];
        ours.ForEach(file => file.Dispose());
        open.ForEach(file => file.Dispose());
        node.Dispose();

        Assert.Equal((Errno.ENFILE, Errno.ENFILE, null), (errno, found, other));
    }
}

/// <summary>A test that takes nearly all descriptors that the process may have: not where there are very many.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FewDescriptorsFactAttribute : FactAttribute
{
    private const int Most = 70_000;

    public FewDescriptorsFactAttribute() => Skip = DescriptorLimit.Read() > Most ? $"this process may open more than {Most} files: run it under ulimit -n 20000" : null;
}
