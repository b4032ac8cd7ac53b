using System.Numerics;
using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Linux.Files;

/// <summary>
/// A file whose pages a guest has mapped shared: which page of its memory has which of the file. What the guest changed is found by
/// hashes, as it has no need to say: they are taken before the page is written to the file, so a change that comes meanwhile is found the
/// next time. Used behind the gate.
/// </summary>
/// <param name="memory">The guest's memory.</param>
/// <param name="vector">Room for one transfer.</param>
internal sealed class SharedFile(GuestMemory memory, GuestIoVector vector) : IDisposable
{
    /// <summary>A page's bytes, of the file and of memory.</summary>
    public const long PageBytes = 4096;

    private readonly Dictionary<long, Page> _pages = [];
    private GuestFile? _reader, _writer;
    private Queue<(ulong Start, ulong Pages)>? _leaving;

    /// <summary>Whether it is open for nothing: no page can be brought.</summary>
    public bool IsEmpty => _pages.Count == 0;

    /// <summary>How many pages of it are in memory.</summary>
    public int Pages => _pages.Count;

    /// <summary>Keeps another of the descriptors by which it is mapped.</summary>
    /// <param name="file">The open file, which can be read.</param>
    public void Open(GuestFile file)
    {
        if (_reader is null)
        {
            (_reader = file).Retain();
        }

        if (_writer is null && file.CanWrite)
        {
            // One descriptor for both: that of an overlay's copy no longer reads what the first one does.
            file.Retain();
            _reader.Release();
            (_reader, _writer) = (file, file);
            Reread(0, long.MaxValue);
            foreach (var index in _pages.Keys)
            {
                Note(index);
            }
        }
    }

    /// <summary>Fills the entries of a page table that are 0 and of a page that the file has: HYPERCALL_SHAREFILL.</summary>
    /// <param name="first">The first entry's page.</param>
    /// <param name="entries">The entries.</param>
    /// <param name="fresh">The first of as many pages of memory that are zero.</param>
    /// <param name="bits">What an entry has besides the address.</param>
    /// <returns>How many of those were used, or a negative errno.</returns>
    public long Fill(long first, Span<ulong> entries, ulong fresh, ulong bits)
    {
        var result = _reader!.GetStatus(out var status);
        var end = result < 0 ? 0 : (status.st_size + PageBytes - 1) / PageBytes;
        var count = (int)Math.Clamp(end - first, 0, entries.Length);
        long used = 0;
        for (var index = 0; index < count && result >= 0; index++)
        {
            if (entries[index] == 0 && !_pages.ContainsKey(first + index))
            {
                // Those that belong together are read together.
                var run = 1;
                while (index + run < count && entries[index + run] == 0 && !_pages.ContainsKey(first + index + run))
                {
                    run++;
                }

                result = ReadIn(first + index, run, fresh + ((ulong)used * (ulong)PageBytes));
                used += result < 0 ? 0 : run;
                index += run - 1;
            }
        }

        for (var index = 0; index < count; index++)
        {
            if (entries[index] == 0 && _pages.TryGetValue(first + index, out var page))
            {
                entries[index] = page.Address | bits;
            }
        }

        return result < 0 && used == 0 ? result : used;
    }

    /// <summary>Writes what the guest changed in some pages to the file.</summary>
    /// <param name="start">The first byte of the file.</param>
    /// <param name="length">How many.</param>
    /// <returns>0, or a negative errno.</returns>
    public long WriteBack(long start, long length)
    {
        if (_writer is null)
        {
            return 0;
        }

        var result = _writer.GetStatus(out var status);
        foreach (var index in PagesIn(start, length))
        {
            var bytes = Math.Min(PageBytes, status.st_size - (index * PageBytes));
            var hash = bytes <= 0 ? 0 : HashOf(_pages[index].Address);
            if (result < 0)
            {
                break;
            }

            if (bytes <= 0 || hash == _pages[index].Hash)
            {
                continue;
            }

            _pages[index] = _pages[index] with { Hash = hash };
            vector.Clear();
            var written = vector.TryAdd(memory, new GuestPhysAddr(_pages[index].Address), (ulong)bytes) ? Write(index * PageBytes) : Errno.EFAULT.ToResult();
            if (written != bytes)
            {
                _pages[index] = _pages[index] with { Hash = 0 };
                result = written < 0 ? written : Errno.ENOSPC.ToResult();
            }
        }

        return Math.Min(result, 0);
    }

    /// <summary>A part of the file was changed by a call: the pages that are mapped are to have it.</summary>
    /// <param name="start">The first byte.</param>
    /// <param name="length">How many.</param>
    public void Reread(long start, long length)
    {
        foreach (var index in PagesIn(start, length))
        {
            var page = _pages[index];
            var at = Math.Max(start, index * PageBytes);
            var part = Math.Min(PageBytes - (at % PageBytes), length - (at - start));
            var isClean = page.Hash != 0 && HashOf(page.Address) == page.Hash;
            vector.Clear();
            if (vector.TryAdd(memory, new GuestPhysAddr(page.Address + (ulong)(at % PageBytes)), (ulong)part, forWrite: true))
            {
                _ = _reader!.ReadAt(vector, at);
            }

            _pages[index] = page with { Hash = isClean ? HashOf(page.Address) : 0 };
        }
    }

    /// <summary>The file may have become shorter: what is behind its end is zero.</summary>
    public void CutOff()
    {
        if (_reader!.GetStatus(out var status) < 0)
        {
            return;
        }

        foreach (var index in _pages.Keys.Where(index => (index + 1) * PageBytes > status.st_size).ToArray())
        {
            var kept = (int)Math.Max(0, status.st_size - (index * PageBytes));
            if (memory.TryGetSpan(new GuestPhysAddr(_pages[index].Address), (ulong)PageBytes, out var bytes))
            {
                bytes[kept..].Clear();
            }
        }
    }

    /// <summary>Gives up pages, which nobody has mapped any more: HYPERCALL_UNSHARE.</summary>
    /// <param name="runs">Receives where they are: guest-physical address and bytes of each run.</param>
    /// <returns>How many runs; less than there is room for when all pages are given up.</returns>
    public int Leave(Span<(ulong Start, ulong Bytes)> runs)
    {
        if (_leaving is null)
        {
            _ = WriteBack(0, long.MaxValue);
            _leaving = new Queue<(ulong Start, ulong Pages)>();
            foreach (var address in _pages.Values.Select(page => page.Address).Order())
            {
                _leaving.Enqueue((address, 1));
            }

            _pages.Clear();
        }

        var count = 0;
        while (count < runs.Length && _leaving.TryDequeue(out var run))
        {
            var bytes = (ulong)PageBytes;
            while (_leaving.TryPeek(out var next) && next.Start == run.Start + bytes)
            {
                _leaving.Dequeue();
                bytes += (ulong)PageBytes;
            }

            runs[count++] = (run.Start, bytes);
        }

        return count;
    }

    /// <summary>Has what was written to the file last.</summary>
    public long Sync() => _writer?.Sync(dataOnly: true) ?? 0;

    public void Dispose()
    {
        _reader?.Release();
        (_reader, _writer) = (null, null);
    }

    // Those that are mapped, in the order of the file.
    private long[] PagesIn(long start, long length)
    {
        if (length <= 0 || _pages.Count == 0)
        {
            return [];
        }

        var (first, last) = (start / PageBytes, length > long.MaxValue - start ? long.MaxValue / PageBytes : (start + length - 1) / PageBytes);
        var mapped = last - first < _pages.Count
            ? Enumerable.Range(0, (int)(last - first) + 1).Select(page => first + page).Where(_pages.ContainsKey)
            : _pages.Keys.Where(page => page >= first && page <= last).Order();
        return [.. mapped];
    }

    private long ReadIn(long first, int count, ulong address)
    {
        vector.Clear();
        if (!vector.TryAdd(memory, new GuestPhysAddr(address), (ulong)(count * PageBytes), forWrite: true))
        {
            return Errno.EFAULT.ToResult();
        }

        var read = _reader!.ReadAt(vector, first * PageBytes);
        for (var page = 0; read >= 0 && page < count; page++)
        {
            _pages[first + page] = new Page(address + ((ulong)page * (ulong)PageBytes), 0);
            Note(first + page);
        }

        return read;
    }

    // A descriptor that appends would write elsewhere.
    private long Write(long offset)
    {
        var flags = _writer!.Flags;
        if ((flags & OpenFlags.Append) == 0)
        {
            return _writer.WriteAt(vector, offset);
        }

        _ = _writer.SetFlags(flags & ~OpenFlags.Append);
        var written = _writer.WriteAt(vector, offset);
        _ = _writer.SetFlags(flags);
        return written;
    }

    private void Note(long index)
    {
        if (_writer is not null)
        {
            _pages[index] = _pages[index] with { Hash = HashOf(_pages[index].Address) };
        }
    }

    // Four lanes, each step of which can be undone, so that a single change always shows. Never 0, which means that nothing is known.
    private ulong HashOf(ulong address)
    {
        const ulong First = 0x9E37_79B9_7F4A_7C15, Second = 0xC2B2_AE3D_27D4_EB4F;
        if (!memory.TryGetSpan(new GuestPhysAddr(address), (ulong)PageBytes, out var bytes))
        {
            return 1;
        }

        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        var (a, b, c, d) = (First, Second, ~First, ~Second);
        for (var word = 0; word < words.Length; word += 4)
        {
            a = BitOperations.RotateLeft(a ^ (words[word] * First), 31) * Second;
            b = BitOperations.RotateLeft(b ^ (words[word + 1] * First), 31) * Second;
            c = BitOperations.RotateLeft(c ^ (words[word + 2] * First), 31) * Second;
            d = BitOperations.RotateLeft(d ^ (words[word + 3] * First), 31) * Second;
        }

        var hash = BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
        return hash == 0 ? 1 : hash;
    }

    // Hash: of what the page had when it was last as the file; 0 when that is not known.
    private readonly record struct Page(ulong Address, ulong Hash);
}
