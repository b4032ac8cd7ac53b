using System.Runtime.InteropServices;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Paging;

namespace KvmActors.Machine.Boot;

/// <summary>A memory layout that the scenario itself describes, region by region, each a memory slot of its own.</summary>
internal sealed class RegionPlan : IBootPlan
{
    private const int GdtEntries = 4;

    private readonly List<RegionSpec> _regions;

    /// <summary>Lays out a VM.</summary>
    public RegionPlan(MachineSpec spec)
    {
        Spec = spec;
        _regions = [.. spec.Regions.OrderBy(region => region.Range.Start.Value)];
        Ranges = [.. _regions.Select(region => region.Range)];
    }

    /// <inheritdoc/>
    public MachineSpec Spec { get; }

    /// <inheritdoc/>
    public IReadOnlyList<MemoryRange> Ranges { get; }

    /// <inheritdoc/>
    public (string Key, string Problem)? FindProblem()
    {
        for (var index = 1; index < Ranges.Count; index++)
        {
            if (Ranges[index].Start < Ranges[index - 1].End)
            {
                return ("Regions", $"the regions at {Ranges[index - 1].Start} and {Ranges[index].Start} overlap");
            }
        }

        foreach (var content in Enum.GetValues<RegionContent>())
        {
            if (content != RegionContent.Nothing && _regions.Count(region => region.Content == content) > 1)
            {
                return ("Regions", $"more than one region holds {content}");
            }
        }

        if (Spec.Image.Segments.FirstOrDefault(part => !part.LiesIn(Ranges)) is { } segment)
        {
            return ("Image", $"the image's part at {segment.Address}, {segment.MemorySize} bytes, is not inside one region");
        }

        return Spec.Boot.IsLongMode() ? FindLongModeProblem() : null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<VcpuBootState> Apply(GuestMemory memory)
    {
        var placed = Spec.Image.TryPlace(memory);
        LongModeTables? tables = null;
        if (Spec.Boot.IsLongMode())
        {
            var gdt = Find(RegionContent.Gdt)!;
            var descriptors = MemoryMarshal.AsBytes(SegmentDescriptors.LongModeGdt[..GdtEntries]);
            placed &= memory.TryWriteBytes(gdt.Range.Start, descriptors);
            placed &= TryWriteTables(memory, Find(RegionContent.PageTables)!);
            tables = new LongModeTables(Find(RegionContent.PageTables)!.Range.Start.Value, gdt.Range.Start.Value, (ushort)(descriptors.Length - 1));
        }

        var states = new VcpuBootState[Spec.VcpusAtStart];
        for (var index = 0; index < states.Length; index++)
        {
            var registers = new kvm_regs { rip = Spec.Image.Entry.Value, rflags = VcpuBootState.InitialFlags };
            if (Find(RegionContent.Stack) is { } stack)
            {
                var top = StackTop(stack, index);
                registers.rsp = top.Value;
                if (Spec.Boot.IsLongMode() && Spec.Args.Count + Spec.Env.Count > 0)
                {
                    placed &= InitialStack.TryWrite(memory, top, Spec.Args, Spec.Env, out var stackPointer);
                    registers.rsp = stackPointer.Value;
                }
            }

            if (Spec.Boot.IsLongMode())
            {
                registers.r8 = (ulong)index;
                registers.r9 = (ulong)Spec.VcpusAtStart;
            }

            states[index] = new VcpuBootState(Spec.Boot, registers) { Overrides = Spec.Registers, Tables = tables };
        }

        return placed ? states : throw new InvalidOperationException($"machine {Spec.Name} does not fit its regions.");
    }

    /// <inheritdoc/>
    public void Rewrite(GuestMemory memory, IReadOnlyList<string> args, IReadOnlyList<string> env)
    {
        if (Find(RegionContent.Stack) is { } stack && Spec.Boot.IsLongMode() && args.Count + env.Count > 0)
        {
            for (var index = 0; index < Spec.VcpusAtStart; index++)
            {
                InitialStack.TryWrite(memory, StackTop(stack, index), args, env, out _);
            }
        }
    }

    /// <inheritdoc/>
    public bool TryReplace(GuestMemory memory, int vcpu, IReadOnlyList<string> args, IReadOnlyList<string> env, out GuestPhysAddr stackPointer)
    {
        stackPointer = default;
        return Spec.Boot.IsLongMode() && Find(RegionContent.Stack) is { } stack && InitialStack.SizeOf(args, env) <= ShareOf(stack) / 2
            && InitialStack.TryWrite(memory, StackTop(stack, vcpu), args, env, out stackPointer);
    }

    private (string Key, string Problem)? FindLongModeProblem()
    {
        if (Find(RegionContent.PageTables) is not { } tables || Find(RegionContent.Gdt) is not { } gdt)
        {
            return ("Regions", "64-bit mode needs a region that holds PageTables and one that holds Gdt");
        }

        if (gdt.Range.Length < GdtEntries * sizeof(ulong))
        {
            return ("Regions", $"the region at {gdt.Range.Start} is too small for the GDT's {GdtEntries} entries");
        }

        var needed = PageTableBuilder.Count(Mapped(tables), tables.PageSize) * MemoryLayout.PageSize;
        if (needed > tables.Range.Length)
        {
            return ("Regions", $"the page tables at {tables.Range.Start} need {needed} bytes to map {tables.MapBytes >> 20} MiB and the devices in memory; the region has {tables.Range.Length}");
        }

        var stackBytes = InitialStack.SizeOf(Spec.Args, Spec.Env);
        var share = Find(RegionContent.Stack) is { } stack ? ShareOf(stack) : 0;
        return Spec.Args.Count + Spec.Env.Count > 0 && stackBytes > share / 2
            ? ("Args", $"the arguments and the environment take {stackBytes} bytes; at most {share / 2} fit on each vCPU's stack")
            : null;
    }

    private bool TryWriteTables(GuestMemory memory, RegionSpec region)
    {
        var tables = new PageTableBuilder(memory, PagesOf(region.Range).GetEnumerator());
        return Mapped(region).All(range => tables.TryMap(range, region.PageSize));
    }

    private static IEnumerable<GuestPhysAddr> PagesOf(MemoryRange range)
    {
        for (var page = range.Start; page < range.End; page += MemoryLayout.PageSize)
        {
            yield return page;
        }
    }

    private IReadOnlyList<MemoryRange> Mapped(RegionSpec tables) =>
        IdentityMap.Cover([new MemoryRange(new GuestPhysAddr(0), tables.MapBytes)], Spec.Devices, tables.PageSize);

    private ulong ShareOf(RegionSpec stack) => stack.Range.Length / (ulong)Spec.VcpusAtStart & ~0xFUL;

    private GuestPhysAddr StackTop(RegionSpec stack, int vcpu) => new(stack.Range.End.Value - ((ulong)vcpu * ShareOf(stack)));

    private RegionSpec? Find(RegionContent content) => _regions.Find(region => region.Content == content);
}
