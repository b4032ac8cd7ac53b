using System.Globalization;
using System.Text;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Files;

/// <summary>
/// Removes what a guest has made, however deep and however it set the permissions: what is below is moved up before it is emptied, so
/// that two descriptors are enough, and no name is followed.
/// </summary>
public static class FolderTree
{
    private const uint Everything = 0x1C0; // 0700
    private const int Directory = LibC.O_RDONLY | LibC.O_DIRECTORY;

    /// <summary>Removes everything in a folder. What cannot be removed stays.</summary>
    /// <param name="folder">The folder, into which nobody else puts anything meanwhile.</param>
    public static void Empty(HostNode folder)
    {
        var moved = new Queue<byte[]>();
        var count = 0;
        Clear(folder);
        while (moved.TryDequeue(out var name))
        {
            if (folder.TryStep(name, out var below) != Errno.None)
            {
                continue;
            }

            using (below)
            {
                Clear(below!);
            }

            folder.Remove(name, directory: true);
        }

        void Clear(HostNode directory)
        {
            // Until nothing is found that goes away: names may be skipped where others are removed meanwhile.
            var entries = new List<HostEntry>();
            for (var isDone = false; !isDone; entries.Clear())
            {
                Read(directory, entries);
                isDone = true;
                foreach (var entry in entries.Where(entry => !entry.IsDots))
                {
                    isDone &= !Remove(directory, [.. entry.Name, 0]);
                }
            }
        }

        bool Remove(HostNode directory, byte[] name)
        {
            if (directory == folder && moved.Any(other => other.AsSpan().SequenceEqual(name)))
            {
                return false;
            }

            var result = directory.Remove(name, directory: false);
            if (result != Errno.EISDIR.ToResult() || directory.TryStep(name, out var below) != Errno.None)
            {
                return result == 0;
            }

            using (below)
            {
                Open(below!);
            }

            var place = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"removed-{count++}\0"));
            if (directory.Rename(name, folder, place, flags: 0) < 0)
            {
                return false;
            }

            moved.Enqueue(place);
            return true;
        }
    }

    private static void Open(HostNode directory)
    {
        if (!HostUser.IsRoot)
        {
            directory.ChangeMode(Everything);
        }
    }

    private static void Read(HostNode directory, List<HostEntry> entries)
    {
        Open(directory);
        directory.TryOpen(Directory, mode: 0, out var file);
        using (file)
        {
            if (file is not null)
            {
                HostEntry.ReadAll(file, entries);
            }
        }
    }
}
