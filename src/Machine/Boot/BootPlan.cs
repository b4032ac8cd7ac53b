using System.Runtime.InteropServices;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Paging;

namespace KvmActors.Machine.Boot;

/// <summary>One stretch of memory from 0 with the image in it and, in 64-bit mode, the structures of <see cref="MemoryLayout"/>.</summary>
public sealed class BootPlan : IBootPlan
{
    /// <summary>The PML4, the PDPT and the first page directory have their places; further directories follow free memory.</summary>
    private const ulong FixedTables = 3;

    private readonly IReadOnlyList<MemoryRange> _identity;
    private readonly GuestPhysAddr _extraTables;
    private readonly GuestPhysAddr _freeStart;
    private readonly GuestPhysAddr _freeEnd;
    private readonly GuestPhysAddr _firstStackTop = new(MemoryLayout.BootStackTop);
    private readonly ulong _stackBytes = MemoryLayout.VcpuStackSize;

    /// <summary>Lays out a VM.</summary>
    public BootPlan(MachineSpec spec)
    {
        Spec = spec;
        Ranges = MemoryLayout.RangesFor(spec.MemoryBytes);
        if (!Spec.Boot.IsLongMode())
        {
            _identity = [];
            return;
        }

        _identity = IdentityMap.Cover(
            spec.IdentityBytes is { } bytes ? [new MemoryRange(new GuestPhysAddr(0), bytes)] : Ranges, spec.Devices, MemoryLayout.LargePageSize);

        // From the top of low memory downwards: the stacks of vCPUs 1 and up, then the page directories past the first.
        var extraTables = PageTableBuilder.Count(_identity, MemoryLayout.LargePageSize) - FixedTables;
        _stackBytes = Math.Max(InitialStack.RoomFor(spec.Args, spec.Env), InitialStack.RoomFor(spec.ArgumentBytes));
        var taken = ((ulong)(spec.VcpusAtStart - 1) * _stackBytes) + (extraTables * MemoryLayout.PageSize);
        var lowEnd = Ranges[0].End.Value;
        _freeEnd = new GuestPhysAddr(lowEnd - Math.Min(taken, lowEnd));
        _extraTables = _freeEnd;
        _freeStart = new GuestPhysAddr(AlignUp(Math.Max(MemoryLayout.FreeMemory, spec.Image.End.Value)));
        if (_stackBytes > MemoryLayout.VcpuStackSize)
        {
            // More than the boot stack has room for: the first vCPU's comes before free memory.
            _freeStart += _stackBytes;
            _firstStackTop = _freeStart;
        }
    }

    /// <inheritdoc/>
    public MachineSpec Spec { get; }

    /// <inheritdoc/>
    public IReadOnlyList<MemoryRange> Ranges { get; }

    /// <inheritdoc/>
    public (string Key, string Problem)? FindProblem()
    {
        foreach (var segment in Spec.Image.Segments)
        {
            if (!segment.LiesIn(Ranges))
            {
                return ("Image", $"the image's part at {segment.Address}, {segment.MemorySize} bytes, is outside the VM's {Spec.MemoryBytes >> 20} MiB of memory");
            }

            if (Spec.Boot.IsLongMode() && segment.Address < MemoryLayout.Reserved.End && MemoryLayout.Reserved.Start < segment.End)
            {
                return ("Image", $"the image's part at {segment.Address}, {segment.MemorySize} bytes, overlaps the boot structures at {MemoryLayout.Reserved.Start} to {MemoryLayout.Reserved.End}");
            }
        }

        if (!Spec.Boot.IsLongMode())
        {
            return Spec.Boot == BootProtocol.Real16 && Spec.Image.Entry.Value > ushort.MaxValue
                ? ("Entry", $"real mode cannot start at {Spec.Image.Entry}: the entry must be under 0x10000")
                : null;
        }

        if (InitialStack.FindProblem(Spec.Args, Spec.Env) is { } problem)
        {
            return ("Args", problem);
        }

        if (_freeEnd <= _freeStart)
        {
            return ("MemoryMiB", $"{Spec.MemoryBytes >> 20} MiB leave no free memory above {_freeStart} for {Spec.VcpusAtStart} vCPUs");
        }

        if (!IsMapped(Spec.Image.Entry.Value))
        {
            return ("IdentityMiB", $"the entry at {Spec.Image.Entry} is outside the {Spec.IdentityBytes >> 20} MiB that are mapped");
        }

        if (_stackBytes > MemoryLayout.VcpuStackSize && !IsMapped(_firstStackTop.Value - 1))
        {
            return ("IdentityMiB", "arguments and an environment so long are put where nothing would be mapped; map more");
        }

        if (Spec.VcpusAtStart > 1 && !IsMapped(Ranges[0].End.Value - 1))
        {
            return ("IdentityMiB", "further vCPUs have their stacks at the top of memory, which would not be mapped; map all of it");
        }

        return null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<VcpuBootState> Apply(GuestMemory memory)
    {
        var placed = Spec.Image.TryPlace(memory);
        if (Spec.Boot.IsLongMode())
        {
            placed &= memory.TryWriteBytes(new GuestPhysAddr(MemoryLayout.Gdt), MemoryMarshal.AsBytes(SegmentDescriptors.LongModeGdt));
            var tables = new PageTableBuilder(memory, Tables().GetEnumerator());
            placed &= _identity.All(range => tables.TryMap(range, MemoryLayout.LargePageSize));
        }

        var states = new VcpuBootState[Spec.VcpusAtStart];
        for (var index = 0; index < states.Length; index++)
        {
            var registers = new kvm_regs { rip = Spec.Image.Entry.Value, rflags = VcpuBootState.InitialFlags };
            if (Spec.Boot.IsLongMode())
            {
                placed &= InitialStack.TryWrite(memory, StackTop(index), Spec.Args, Spec.Env, out var stackPointer);
                registers.rsp = stackPointer.Value;
                registers.rdi = _freeStart.Value;
                registers.rsi = _freeEnd.Value - _freeStart.Value;
                registers.r8 = (ulong)index;
                registers.r9 = (ulong)Spec.VcpusAtStart;
                if (Ranges.Count > 1)
                {
                    (registers.r10, registers.r11) = (Ranges[1].Start.Value, Ranges[1].Length);
                }

                if (_stackBytes > MemoryLayout.VcpuStackSize)
                {
                    registers.rdx = StackTop(index).Value;
                    registers.rcx = registers.rdx - _stackBytes;
                }
            }

            states[index] = new VcpuBootState(Spec.Boot, registers) { Overrides = Spec.Registers, Tables = Spec.Boot.IsLongMode() ? LongModeTables.Standard : null };
        }

        return placed ? states : throw new InvalidOperationException($"machine {Spec.Name} does not fit its memory.");
    }

    /// <inheritdoc/>
    public void Rewrite(GuestMemory memory, IReadOnlyList<string> args, IReadOnlyList<string> env)
    {
        for (var index = 0; Spec.Boot.IsLongMode() && index < Spec.VcpusAtStart; index++)
        {
            InitialStack.TryWrite(memory, StackTop(index), args, env, out _);
        }
    }

    /// <inheritdoc/>
    public bool TryReplace(GuestMemory memory, int vcpu, IReadOnlyList<string> args, IReadOnlyList<string> env, out GuestPhysAddr stackPointer)
    {
        stackPointer = default;
        return Spec.Boot.IsLongMode() && InitialStack.RoomFor(args, env) <= _stackBytes
            && InitialStack.TryWrite(memory, StackTop(vcpu), args, env, out stackPointer);
    }

    private IEnumerable<GuestPhysAddr> Tables()
    {
        yield return new GuestPhysAddr(MemoryLayout.Pml4);
        yield return new GuestPhysAddr(MemoryLayout.Pdpt);
        yield return new GuestPhysAddr(MemoryLayout.Pd);
        for (var table = _extraTables; ; table += MemoryLayout.PageSize)
        {
            yield return table;
        }
    }

    private bool IsMapped(ulong address) => _identity.Any(range => range.Start.Value <= address && address < range.End.Value);

    private GuestPhysAddr StackTop(int vcpu) => vcpu == 0
        ? _firstStackTop
        : new GuestPhysAddr(Ranges[0].End.Value - ((ulong)(vcpu - 1) * _stackBytes));

    private static ulong AlignUp(ulong address) => (address + MemoryLayout.PageSize - 1) & ~(MemoryLayout.PageSize - 1);
}
