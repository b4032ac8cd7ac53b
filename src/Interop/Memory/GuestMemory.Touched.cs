using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Memory;

/// <summary>How much of the memory the machine had to provide.</summary>
public sealed unsafe partial class GuestMemory
{
    // Documentation/admin-guide/mm/pagemap.rst
    private const string PageMap = "/proc/self/pagemap";
    private const ulong Present = 1UL << 63, Swapped = 1UL << 62, OfFile = 1UL << 61;
    private const int EntriesAtOnce = 1024;

    /// <summary>Whether this process may ask how much was touched.</summary>
    public static bool CanCountTouched
    {
        get
        {
            var fd = LibC.open(PageMap, LibC.O_RDONLY | LibC.O_CLOEXEC, 0);
            return fd >= 0 && LibC.close(fd) == 0;
        }
    }

    /// <summary>
    /// Bytes in pages that are this memory's own: touched by the guest or the host, and not a template's. One reading of the
    /// kernel's page map, 8 bytes for each page; the guest may run meanwhile.
    /// </summary>
    /// <exception cref="SystemCallException">The page map cannot be read.</exception>
    public long CountTouchedBytes()
    {
        using var map = new FileDescriptor(LibC.Check(LibC.open(PageMap, LibC.O_RDONLY | LibC.O_CLOEXEC, 0), "open", PageMap));
        Span<ulong> entries = stackalloc ulong[EntriesAtOnce];
        long pages = 0;
        foreach (ref readonly var region in _regions.AsSpan())
        {
            var first = (nint)region.Host / (nint)MemoryRange.PageSize;
            for (var left = (long)(region.Range.Length / MemoryRange.PageSize); left > 0;)
            {
                var part = entries[..(int)Math.Min(left, EntriesAtOnce)];
                nint read;

                // SAFETY: the kernel writes at most the span's own bytes, on this stack.
                fixed (ulong* buffer = part)
                {
                    read = LibC.pread(map.Number, buffer, (nuint)(part.Length * sizeof(ulong)), first * sizeof(ulong));
                }

                if (read != part.Length * sizeof(ulong))
                {
                    throw new SystemCallException("pread", read < 0 ? LibC.LastError : Errno.EIO, PageMap);
                }

                foreach (var entry in part)
                {
                    pages += (entry & (Present | Swapped)) != 0 && (entry & OfFile) == 0 ? 1 : 0;
                }

                first += part.Length;
                left -= part.Length;
            }
        }

        return pages * (long)MemoryRange.PageSize;
    }
}
