using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;

namespace KvmActors.Linux.Tests.Support;

/// <summary>What a host's file or folder is, to the attribute: type, permissions, owner, names, time of the last change, content.</summary>
internal static class HostTree
{
    /// <summary>A line for each file at and below a path.</summary>
    public static List<string> Describe(string path)
    {
        var lines = new List<string> { DescribeOne(path) };
        if (Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null)
        {
            lines.AddRange(Directory.EnumerateFileSystemEntries(path).Order(StringComparer.Ordinal).SelectMany(Describe));
        }

        return lines;
    }

    private static string DescribeOne(string path)
    {
        using var folder = Find(Path.GetDirectoryName(path)!);
        Assert.Equal(Errno.None, folder.TryStep(Encoding.UTF8.GetBytes(Path.GetFileName(path) + "\0"), out var node));
        using (node)
        {
            node!.GetStatus(out var status);
            var content = node.IsLink ? new FileInfo(path).LinkTarget : node.IsDirectory ? "" : File.ReadAllText(path);
            return $"{path} {status.st_mode:x} {status.st_uid}:{status.st_gid} {status.st_nlink} {status.st_mtim.tv_sec}.{status.st_mtim.tv_nsec} {content}";
        }
    }

    private static HostNode Find(string path)
    {
        Assert.Equal(Errno.None, HostNode.TryFind(path, out var node));
        return node!;
    }
}
