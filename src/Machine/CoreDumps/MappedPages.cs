using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using static KvmActors.Machine.Paging.PageTableEntry;

namespace KvmActors.Machine.CoreDumps;

/// <summary>A run of linear memory that lies together in guest-physical memory, too.</summary>
/// <param name="Linear">Its first address.</param>
/// <param name="Physical">Where that is.</param>
/// <param name="Length">In bytes.</param>
/// <param name="IsWritable">Whether it may be written.</param>
/// <param name="IsExecutable">Whether it may be executed.</param>
internal readonly record struct MappedRun(ulong Linear, ulong Physical, ulong Length, bool IsWritable, bool IsExecutable)
{
    public bool Continues(in MappedRun run) =>
        run.Linear == Linear + Length && run.Physical == Physical + Length && run.IsWritable == IsWritable && run.IsExecutable == IsExecutable;
}

/// <summary>
/// What a guest's page tables map into its memory. Tables may lead to one another in circles: there is a bound on the entries that
/// are looked at and on the bytes that come of it.
/// </summary>
internal sealed class MappedPages
{
    private const ulong Cr0Paging = 1UL << 31, Cr4PhysicalAddressExtension = 1 << 5, EferLongModeActive = 1 << 10;
    private const ulong NoExecute = 1UL << 63;
    private const int MaxRuns = 60_000;
    private const long MaxTables = 100_000;
    private const int BytesPerMemoryByte = 2;

    private static readonly Level[] FourLevels = [new(39, 9, 8), new(30, 9, 8), new(21, 9, 8), new(12, 9, 8)];
    private static readonly Level[] PaeLevels = [new(30, 2, 8), new(21, 9, 8), new(12, 9, 8)];
    private static readonly Level[] LegacyLevels = [new(22, 10, 4), new(12, 10, 4)];

    private readonly GuestMemory _memory;
    private readonly bool _forUser;
    private readonly Level[] _levels;
    private readonly List<MappedRun> _runs = [];
    private ulong _bytesLeft;
    private long _tablesLeft = MaxTables;

    private MappedPages(GuestMemory memory, Level[] levels, bool forUser)
    {
        (_memory, _levels, _forUser) = (memory, levels, forUser);
        _bytesLeft = memory.TotalBytes * BytesPerMemoryByte;
    }

    /// <summary>Finds them, by ascending address.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="special">The registers that say how addresses are translated.</param>
    /// <param name="forUser">Whether only what ring 3 may use is wanted.</param>
    public static IReadOnlyList<MappedRun> Find(GuestMemory memory, in kvm_sregs special, bool forUser)
    {
        if ((special.cr0 & Cr0Paging) == 0)
        {
            return [.. memory.Ranges.Select(range => new MappedRun(range.Start.Value, range.Start.Value, range.Length, !range.IsReadOnly, true))];
        }

        var isLong = (special.efer & EferLongModeActive) != 0;
        var isPae = (special.cr4 & Cr4PhysicalAddressExtension) != 0;
        var pages = new MappedPages(memory, isLong ? FourLevels : isPae ? PaeLevels : LegacyLevels, forUser);
        pages.Walk(special.cr3 & (isLong || !isPae ? AddressMask : 0xFFFF_FFE0), 0, 0, isWritable: true, isExecutable: true);
        return pages._runs;
    }

    private void Walk(ulong table, int depth, ulong linear, bool isWritable, bool isExecutable)
    {
        var level = _levels[depth];
        if (--_tablesLeft < 0)
        {
            return;
        }

        for (var index = 0UL; index < 1UL << level.Bits && _runs.Count < MaxRuns && _bytesLeft > 0; index++)
        {
            if (!TryReadEntry(table + (index * (ulong)level.EntryBytes), level.EntryBytes, out var entry) || (entry & Present) == 0
                || (_forUser && level.EntryBytes == sizeof(ulong) && (entry & User) == 0))
            {
                continue;
            }

            var isPaePointer = _levels == PaeLevels && depth == 0;
            var address = linear | (index << level.Shift);
            if (_levels == FourLevels && depth == 0 && index >= 256)
            {
                address |= 0xFFFF_0000_0000_0000;
            }

            var writable = isWritable && (isPaePointer || (entry & Writable) != 0);
            var executable = isExecutable && (level.EntryBytes < sizeof(ulong) || (entry & NoExecute) == 0);
            var isLeaf = level.Shift == PageShift || ((entry & LargePage) != 0 && level.Shift is 30 or 21 or 22 && !isPaePointer && (entry & LargePage) != 0);
            if (isLeaf)
            {
                var size = 1UL << level.Shift;
                Add(new MappedRun(address, entry & AddressMask & ~(size - 1), size, writable, executable));
            }
            else if (depth + 1 < _levels.Length)
            {
                Walk(entry & AddressMask, depth + 1, address, writable, executable);
            }
        }
    }

    // The part of it that is memory.
    private void Add(in MappedRun run)
    {
        foreach (var range in _memory.Ranges)
        {
            var start = Math.Max(run.Physical, range.Start.Value);
            var end = Math.Min(run.Physical + run.Length, range.Start.Value + range.Length);
            if (start >= end)
            {
                continue;
            }

            var part = run with { Linear = run.Linear + (start - run.Physical), Physical = start, Length = Math.Min(end - start, _bytesLeft) };
            _bytesLeft -= part.Length;
            if (_runs is [.., var last] && last.Continues(part))
            {
                _runs[^1] = last with { Length = last.Length + part.Length };
            }
            else if (part.Length > 0)
            {
                _runs.Add(part);
            }
        }
    }

    private bool TryReadEntry(ulong address, int bytes, out ulong entry)
    {
        if (bytes == sizeof(ulong))
        {
            return _memory.TryRead(new GuestPhysAddr(address), out entry);
        }

        var isThere = _memory.TryRead(new GuestPhysAddr(address), out uint narrow);
        entry = narrow;
        return isThere;
    }

    private readonly record struct Level(int Shift, int Bits, int EntryBytes);
}
