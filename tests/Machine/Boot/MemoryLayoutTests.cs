using System.Reflection;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Machine.Tests.Boot;

public class MemoryLayoutTests
{
    // C's name and ours, where they are not the same words.
    private static readonly Dictionary<string, string> Twins = new(StringComparer.Ordinal)
    {
        ["BOOT_GDT"] = nameof(MemoryLayout.Gdt),
        ["BOOT_PML4"] = nameof(MemoryLayout.Pml4),
        ["BOOT_PDPT"] = nameof(MemoryLayout.Pdpt),
        ["BOOT_PD"] = nameof(MemoryLayout.Pd),
        ["GUEST_TABLES_END"] = nameof(MemoryLayout.BootStack),
    };

    // What guests learn from RDI, RSI and the tables themselves.
    private static readonly string[] HostOnly =
        [nameof(MemoryLayout.LargePageSize), nameof(MemoryLayout.LowMemoryLimit), nameof(MemoryLayout.HighMemory)];

    [Fact]
    [Trait("Needs", "Compiler")]
    public void Constants_AreThoseOfTheGuestsHeader()
    {
        var ours = typeof(MemoryLayout).GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(field => field.IsLiteral)
            .ToDictionary(field => field.Name, field => Convert.ToInt64(field.GetRawConstantValue()), StringComparer.Ordinal);
        var theirs = HeaderFile.Constants("memlayout.h").Select(line => (Name: Twins.GetValueOrDefault(line.Key) ?? PascalCase(line.Key), line.Value)).ToList();

        Assert.All(theirs, line => Assert.Equal((line.Name, line.Value), (line.Name, ours.GetValueOrDefault(line.Name, -1))));
        Assert.Equal(HostOnly.Order(), ours.Keys.Except(theirs.Select(line => line.Name)).Order());
    }

    [Fact]
    public void Reserved_IsEverythingFromTheGdtToTheStacksEnd() =>
        Assert.Equal(new MemoryRange(new GuestPhysAddr(0x1F_6000), 0xA000), MemoryLayout.Reserved);

    [Theory]
    [InlineData(1 * Machines.MiB)]
    [InlineData(3 * Machines.GiB)]
    public void RangesFor_UpToThreeGiB_IsOneRange(ulong bytes) =>
        Assert.Equal([new MemoryRange(new GuestPhysAddr(0), bytes)], MemoryLayout.RangesFor(bytes));

    [Fact]
    public void RangesFor_More_GoesOnAtFourGiB() => Assert.Equal(
        [
            new MemoryRange(new GuestPhysAddr(0), 3 * Machines.GiB),
            new MemoryRange(new GuestPhysAddr(4 * Machines.GiB), Machines.MiB),
        ],
        MemoryLayout.RangesFor((3 * Machines.GiB) + Machines.MiB));

    private static string PascalCase(string name) =>
        string.Concat(name.Split('_').Select(word => word[..1] + word[1..].ToLowerInvariant()));
}
