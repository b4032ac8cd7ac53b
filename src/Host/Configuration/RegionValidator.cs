using KvmActors.Interop.Memory;
using KvmActors.Library.Checking;
using KvmActors.Machine.Boot;

namespace KvmActors.Host.Configuration;

/// <summary>What a guest may do with a region; what people write under <c>Access</c>.</summary>
internal enum RegionAccess
{
    Read,
    ReadWrite,
}

/// <summary>Checks the regions of a scenario's own memory layout.</summary>
internal sealed class RegionValidator(Problems problems)
{
    /// <summary>The most that page tables of a region map.</summary>
    internal const long MaxMapMiB = 512 * 1024;

    // Four levels of page tables map half of 48 bits to addresses that are the same.
    private const ulong AddressLimit = 1UL << 47;

    /// <summary>Reads a region.</summary>
    /// <returns>Null when something is wrong with it; the problems say what.</returns>
    public RegionSpec? Read(string path, RegionOptions options)
    {
        var before = problems.Count;
        var address = problems.ReadNumber($"{path}:Address", options.Address);
        var size = problems.ReadNumber($"{path}:Size", options.Size);
        var content = problems.ReadName<RegionContent>($"{path}:Holds", options.Holds);
        var access = problems.ReadName<RegionAccess>($"{path}:Access", options.Access);
        if (address % MemoryRange.PageSize != 0 || options.Address is null)
        {
            problems.Add($"{path}:Address", $"'{options.Address}' is no multiple of 0x1000");
        }

        else if (address >= AddressLimit)
        {
            problems.Add($"{path}:Address", $"'{options.Address}' is not below 0x{AddressLimit:x}");
        }

        var limit = (ulong)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (size == 0 || size % MemoryRange.PageSize != 0 || size > limit || (address < AddressLimit && size > AddressLimit - address))
        {
            problems.Add($"{path}:Size", $"'{options.Size}' is no multiple of 0x1000 from 0x1000 to this machine's 0x{limit:x} bytes");
        }

        if (content == RegionContent.PageTables)
        {
            problems.CheckRange($"{path}:MapMiB", options.MapMiB ?? 0, 2, MaxMapMiB);
        }
        else
        {
            RefuseIfGiven($"{path}:MapMiB", options.MapMiB is not null);
            RefuseIfGiven($"{path}:PageSize", options.PageSize is not null);
        }

        var pageSize = ReadPageSize($"{path}:PageSize", options.PageSize);
        return problems.Count > before
            ? null
            : new RegionSpec(new MemoryRange(new GuestPhysAddr(address), size, access == RegionAccess.Read), content)
            {
                MapBytes = (ulong)(options.MapMiB ?? 0) << 20,
                PageSize = pageSize,
            };
    }

    private void RefuseIfGiven(string key, bool isGiven)
    {
        if (isGiven)
        {
            problems.Add(key, "only a region that holds PageTables maps anything");
        }
    }

    private ulong ReadPageSize(string key, string? text)
    {
        switch (text?.ToUpperInvariant())
        {
            case null or "2MIB":
                return MemoryLayout.LargePageSize;
            case "4KIB":
                return MemoryLayout.PageSize;
            default:
                problems.Add(key, $"'{text}' is unknown; use 4KiB or 2MiB");
                return MemoryLayout.PageSize;
        }
    }
}
