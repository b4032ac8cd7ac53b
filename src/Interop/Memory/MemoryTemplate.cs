using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;
using Microsoft.Win32.SafeHandles;

namespace KvmActors.Interop.Memory;

/// <summary>
/// What a VM's memory holds when it starts, kept once for many VMs: a sealed memfd that nobody can change any more. VMs map it
/// copy-on-write (<see cref="GuestMemory.Map"/>), so each pays only for the pages it writes. Immutable, safe to share.
/// </summary>
public sealed unsafe class MemoryTemplate : IDisposable
{
    private readonly FileDescriptor _fd;

    private MemoryTemplate(FileDescriptor fd, IReadOnlyList<MemoryRange> ranges)
    {
        _fd = fd;
        Ranges = ranges;
    }

    /// <summary>The ranges, in ascending order; in the file one follows the other.</summary>
    public IReadOnlyList<MemoryRange> Ranges { get; }

    internal int Descriptor => _fd.Number;

    /// <summary>Makes a template of memory that is zero at first.</summary>
    /// <param name="ranges">The ranges, in ascending order.</param>
    /// <param name="fill">Writes what it is to hold.</param>
    /// <exception cref="ArgumentException">As for <see cref="GuestMemory.Allocate(ReadOnlySpan{MemoryRange})"/>.</exception>
    /// <exception cref="SystemCallException">memfd_create, ftruncate, mmap or the seals failed.</exception>
    public static MemoryTemplate Create(IReadOnlyList<MemoryRange> ranges, Action<GuestMemory> fill)
    {
        var fd = CreateFile(ranges);
        try
        {
            // A seal against writing is refused while anybody can write through a mapping, so this one ends before.
            using (var memory = GuestMemory.MapShared(fd, ranges))
            {
                fill(memory);
            }

            Seal(fd);
            return new MemoryTemplate(fd, ranges);
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes a template of what a VM's memory holds now. Nothing may write to it meanwhile, its guest included. Pages that were
    /// never touched are not.
    /// </summary>
    /// <param name="memory">Memory made by <see cref="GuestMemory.Map"/>.</param>
    /// <exception cref="SystemCallException">The file could not be made.</exception>
    /// <exception cref="IOException">The kernel does not tell which pages are there (<c>/proc/self/pagemap</c>).</exception>
    public static MemoryTemplate Capture(GuestMemory memory)
    {
        var origin = memory.Template ?? throw new ArgumentException("Only memory mapped from a template can be captured.", nameof(memory));
        var fd = CreateFile(origin.Ranges);
        try
        {
            CopyData(origin, fd, memory);
            var pages = new ResidentPages();
            long offset = 0;
            foreach (ref readonly var region in memory.Regions)
            {
                foreach (var (first, count) in pages.Find((ulong)region.Host, region.Range.Length))
                {
                    Write(fd, region.Host + first, count, offset + (long)first);
                }

                offset += (long)region.Range.Length;
            }

            Seal(fd);
            return new MemoryTemplate(fd, origin.Ranges);
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    /// <summary>Opens what <see cref="Capture"/> reads, for threads that may not open it themselves.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    internal static void OpenPageMap() => ResidentPages.Open();

    private static FileDescriptor CreateFile(IReadOnlyList<MemoryRange> ranges)
    {
        var bytes = ranges.Aggregate(0UL, (sum, range) => sum + range.Length);

        // SAFETY: the name is NUL-terminated and pinned for the call.
        fixed (byte* name = "guest-memory\0"u8)
        {
            var fd = LibC.Call(LibC.SYS_memfd_create, (nint)name, LibC.MFD_CLOEXEC | LibC.MFD_ALLOW_SEALING);
            var descriptor = new FileDescriptor(Checked(fd, "memfd_create", "guest memory"));
            var resized = LibC.Call(LibC.SYS_ftruncate, (nint)fd, (nint)bytes);
            if (resized < 0)
            {
                descriptor.Dispose();
                Checked(resized, "ftruncate", $"{bytes} bytes of guest memory");
            }

            return descriptor;
        }
    }

    private static void Seal(FileDescriptor fd) => Checked(
        LibC.Call(LibC.SYS_fcntl, fd.Number, LibC.F_ADD_SEALS, LibC.F_SEAL_SEAL | LibC.F_SEAL_SHRINK | LibC.F_SEAL_GROW | LibC.F_SEAL_WRITE),
        "F_ADD_SEALS", "guest memory");

    // What the origin holds, touched by the VM or not: read through the VM's own mapping, which shows the same where it was not written.
    private static void CopyData(MemoryTemplate origin, FileDescriptor target, GuestMemory memory)
    {
        long start = 0;
        foreach (ref readonly var region in memory.Regions)
        {
            var end = start + (long)region.Range.Length;
            for (var next = start; next < end;)
            {
                var data = LibC.lseek(origin._fd.Number, next, LibC.SEEK_DATA);
                if (data < 0 || data >= end)
                {
                    break;
                }

                var hole = LibC.lseek(origin._fd.Number, data, LibC.SEEK_HOLE);
                next = hole < 0 || hole > end ? end : hole;
                Write(target, region.Host + (data - start), (ulong)(next - data), data);
            }

            start = end;
        }
    }

    private static void Write(FileDescriptor fd, byte* bytes, ulong count, long offset)
    {
        while (count > 0)
        {
            // SAFETY: callers pass pieces of one live mapping.
            var written = LibC.pwrite(fd.Number, bytes, (nuint)count, offset);
            Checked(written, "pwrite", "guest memory");
            bytes += written;
            offset += written;
            count -= (ulong)written;
        }
    }

    private static int Checked(long result, string operation, string target) => result switch
    {
        -1 => throw new SystemCallException(operation, LibC.LastError, target),
        < 0 => throw new SystemCallException(operation, (Errno)(-result), target),
        _ => (int)Math.Min(result, int.MaxValue),
    };

    /// <summary>Which pages of this process were touched (<c>Documentation/admin-guide/mm/pagemap.rst</c> of the kernel).</summary>
    private sealed class ResidentPages
    {
        private const ulong PresentOrSwapped = 3UL << 62;

        private static SafeFileHandle? _opened;

        private readonly SafeFileHandle _map = Open();

        /// <summary>Opens it, once for this process.</summary>
        public static SafeFileHandle Open() => _opened ??= File.OpenHandle("/proc/self/pagemap");

        /// <summary>The runs of such pages in a mapping, in bytes from its first.</summary>
        public List<(ulong First, ulong Count)> Find(ulong host, ulong length)
        {
            var runs = new List<(ulong First, ulong Count)>();
            var entries = new ulong[512];
            var pages = length / MemoryRange.PageSize;
            for (ulong page = 0; page < pages;)
            {
                var wanted = (int)Math.Min((ulong)entries.Length, pages - page);
                var bytes = MemoryMarshal.AsBytes(entries.AsSpan(0, wanted));
                var read = RandomAccess.Read(_map, bytes, (long)(((host / MemoryRange.PageSize) + page) * sizeof(ulong))) / sizeof(ulong);
                if (read == 0)
                {
                    throw new IOException("/proc/self/pagemap ends before the guest's memory does.");
                }

                for (var index = 0; index < read; index++, page++)
                {
                    if ((entries[index] & PresentOrSwapped) == 0)
                    {
                        continue;
                    }

                    var start = page * MemoryRange.PageSize;
                    if (runs.Count > 0 && runs[^1].First + runs[^1].Count == start)
                    {
                        runs[^1] = (runs[^1].First, runs[^1].Count + MemoryRange.PageSize);
                    }
                    else
                    {
                        runs.Add((start, MemoryRange.PageSize));
                    }
                }
            }

            return runs;
        }
    }
}
