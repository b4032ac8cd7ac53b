using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Memory;

/// <summary>
/// The memory of one VM: pages taken from the machine when touched, zero at first or what a <see cref="MemoryTemplate"/> holds.
/// Every access is checked against the ranges; none throws for a bad address, since addresses come from guests. Other threads
/// and the guest itself may write at any time: read once, then use the copy.
/// </summary>
public sealed unsafe partial class GuestMemory : IDisposable
{
    private readonly Region[] _regions;
    private readonly MemoryAdvice _advice;
    private readonly GuestSlot[] _slots;
    private bool _disposed;

    private GuestMemory(Region[] regions, MemoryAdvice advice)
    {
        _regions = regions;
        _advice = advice;
        _slots = Array.ConvertAll(regions, static region => new GuestSlot(region.Range, region.Host));
    }

    /// <summary>The backed ranges, in ascending order.</summary>
    public IEnumerable<MemoryRange> Ranges => _regions.Select(region => region.Range);

    /// <summary>Bytes in all ranges together.</summary>
    public ulong TotalBytes => _regions.Aggregate(0UL, (sum, region) => sum + region.Range.Length);

    /// <summary>The backed ranges with their bytes, in ascending order, for a processor in software.</summary>
    public IReadOnlyList<GuestSlot> Slots => _slots;

    internal ReadOnlySpan<Region> Regions => _regions;

    /// <summary>Reserves memory for the ranges.</summary>
    /// <exception cref="ArgumentException">A range is empty, not page-aligned, wraps around or overlaps its predecessor.</exception>
    /// <exception cref="SystemCallException">mmap failed.</exception>
    public static GuestMemory Allocate(params ReadOnlySpan<MemoryRange> ranges) => Allocate(MemoryAdvice.None, ranges);

    /// <summary>Reserves memory for the ranges.</summary>
    /// <exception cref="ArgumentException">A range is empty, not page-aligned, wraps around or overlaps its predecessor.</exception>
    /// <exception cref="SystemCallException">mmap failed.</exception>
    public static GuestMemory Allocate(MemoryAdvice advice, params ReadOnlySpan<MemoryRange> ranges) =>
        MapEach(ranges, advice, LibC.MAP_PRIVATE | LibC.MAP_ANONYMOUS | LibC.MAP_NORESERVE, fd: -1);

    // A fresh mapping for each range: the kernel picks the addresses, we keep base and length together.
    private static GuestMemory MapEach(ReadOnlySpan<MemoryRange> ranges, MemoryAdvice advice, int flags, int fd)
    {
        nint offset = 0;
        var regions = new List<Region>(ranges.Length);
        try
        {
            var previousEnd = new GuestPhysAddr(0);
            foreach (var range in ranges)
            {
                var aligned = (range.Start.Value | range.Length) % MemoryRange.PageSize == 0;
                if (!aligned || range.Length == 0 || range.End < range.Start || range.Start < previousEnd)
                {
                    throw new ArgumentException($"No memory can stand at {range.Start}, {range.Length} bytes.", nameof(ranges));
                }

                var host = (byte*)LibC.mmap(null, (nuint)range.Length, LibC.PROT_READ | LibC.PROT_WRITE, flags, fd, offset);
                if ((nint)host == -1)
                {
                    throw new SystemCallException("mmap", LibC.LastError, $"{range.Length} bytes of guest memory");
                }

                regions.Add(new Region(range, host));
                Advise(host, range.Length, advice);
                previousEnd = range.End;
                offset += fd >= 0 ? (nint)range.Length : 0;
            }

            return new GuestMemory([.. regions], advice);
        }
        catch
        {
            Unmap(regions);
            throw;
        }
    }

    /// <summary>Whether all bytes from an address on are backed by one range.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="length">How many.</param>
    /// <param name="forWrite">Whether the guest must be able to write them.</param>
    public bool Contains(GuestPhysAddr address, ulong length, bool forWrite = false) => TryGetPointer(address, length, out _, forWrite);

    /// <summary>The bytes at an address, where all of them are backed by one range.</summary>
    /// <returns>False when any byte is outside memory; the span is empty then.</returns>
    public bool TryGetSpan(GuestPhysAddr address, ulong length, out Span<byte> bytes)
    {
        if (length <= int.MaxValue && TryGetPointer(address, length, out var pointer))
        {
            // SAFETY: TryGetPointer checked that [pointer, pointer + length) lies inside one live mapping.
            bytes = new Span<byte>(pointer, (int)length);
            return true;
        }

        bytes = default;
        return false;
    }

    /// <summary>Reads a value once; little-endian, any alignment.</summary>
    /// <returns>False when any byte is outside memory.</returns>
    public bool TryRead<T>(GuestPhysAddr address, out T value)
        where T : unmanaged
    {
        if (TryGetPointer(address, (ulong)sizeof(T), out var pointer))
        {
            // SAFETY: sizeof(T) bytes at the pointer were checked.
            value = Unsafe.ReadUnaligned<T>(pointer);
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Writes a value; little-endian, any alignment.</summary>
    /// <returns>False when any byte is outside memory; nothing is written then.</returns>
    public bool TryWrite<T>(GuestPhysAddr address, T value)
        where T : unmanaged
    {
        if (!TryGetPointer(address, (ulong)sizeof(T), out var pointer))
        {
            return false;
        }

        // SAFETY: sizeof(T) bytes at the pointer were checked.
        Unsafe.WriteUnaligned(pointer, value);
        return true;
    }

    /// <summary>Copies bytes into memory.</summary>
    /// <returns>False when any byte would be outside memory; nothing is written then.</returns>
    public bool TryWriteBytes(GuestPhysAddr address, ReadOnlySpan<byte> bytes)
    {
        if (!TryGetSpan(address, (ulong)bytes.Length, out var target))
        {
            return false;
        }

        bytes.CopyTo(target);
        return true;
    }

    /// <summary>Copies a NUL-terminated string, at most as long as the buffer, out of memory.</summary>
    /// <param name="address">Its first byte.</param>
    /// <param name="buffer">Receives the bytes without the NUL.</param>
    /// <param name="length">Bytes before the NUL.</param>
    public GuestStringResult ReadString(GuestPhysAddr address, Span<byte> buffer, out int length)
    {
        length = 0;
        if (!TryFind(address, out var region, out var offset))
        {
            return GuestStringResult.OutsideMemory;
        }

        var available = Math.Min(region.Range.Length - offset, (ulong)buffer.Length);

        // SAFETY: offset + available is at most the region's length.
        var source = new ReadOnlySpan<byte>(region.Host + offset, (int)available);

        // Copied before it is searched: the guest may change the bytes meanwhile.
        source.CopyTo(buffer);
        length = buffer[..source.Length].IndexOf((byte)0);
        if (length >= 0)
        {
            return GuestStringResult.Ok;
        }

        length = 0;
        return source.Length == buffer.Length ? GuestStringResult.TooLong : GuestStringResult.OutsideMemory;
    }

    /// <summary>Gives the memory back. The VM that uses it must be closed before.</summary>
    public void Dispose()
    {
        lock (_loans)
        {
            _isClosed = true;
            if (_lent > 0)
            {
                // Whoever gives it back last, sees to it.
                return;
            }
        }

        Close();
    }

    private void Close()
    {
        if (!_disposed)
        {
            _disposed = true;
            foreach (var slot in _slots)
            {
                slot.Close();
            }

            Unmap(_regions);
            Array.Clear(_regions);
        }
    }

    internal bool TryGetPointer(GuestPhysAddr address, ulong length, out byte* pointer, bool forGuestWrite = false)
    {
        if (TryFind(address, out var region, out var offset) && length <= region.Range.Length - offset
            && !(forGuestWrite && region.Range.IsReadOnly))
        {
            pointer = region.Host + offset;
            return true;
        }

        pointer = null;
        return false;
    }

    private bool TryFind(GuestPhysAddr address, out Region region, out ulong offset)
    {
        foreach (ref readonly var candidate in _regions.AsSpan())
        {
            // One unsigned comparison covers "below the start" (wraps to huge) and "at or past the end".
            offset = unchecked(address.Value - candidate.Range.Start.Value);
            if (offset < candidate.Range.Length)
            {
                region = candidate;
                return true;
            }
        }

        region = default;
        offset = 0;
        return false;
    }

    // A kernel without KSM or huge pages refuses; the guest runs as well without them. What a guest holds is nothing for a core dump.
    private static void Advise(byte* host, ulong length, MemoryAdvice advice)
    {
        // SAFETY: exactly the mapping just made; advice changes no contents.
        _ = LibC.madvise(host, (nuint)length, LibC.MADV_DONTDUMP);
        if (advice.HasFlag(MemoryAdvice.Mergeable))
        {
            _ = LibC.madvise(host, (nuint)length, LibC.MADV_MERGEABLE);
        }

        if (advice.HasFlag(MemoryAdvice.HugePages))
        {
            _ = LibC.madvise(host, (nuint)length, LibC.MADV_HUGEPAGE);
        }
    }

    private static void Unmap(IEnumerable<Region> regions)
    {
        foreach (var region in regions)
        {
            // SAFETY: base and length are those of the mapping made in Allocate, unmapped once.
            _ = LibC.munmap(region.Host, (nuint)region.Range.Length);
        }
    }

    /// <summary>A range and where the host sees it.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal readonly struct Region(MemoryRange range, byte* host)
    {
        public readonly MemoryRange Range = range;
        public readonly byte* Host = host;
    }
}
