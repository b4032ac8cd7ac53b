using KvmActors.Actors.Specs;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Files;
using KvmActors.Machine.Limits;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Actors.Vm;

/// <summary>What one instance uses of its <see cref="VmLimits"/>. Belongs to the <see cref="VmActor"/>; what is in it, to all of the VM.</summary>
internal sealed class VmUse
{
    // The least time between two looks: what is used in between may go beyond the limit.
    private static readonly TimeSpan Soonest = TimeSpan.FromMilliseconds(1), BetweenMemoryLooks = TimeSpan.FromMilliseconds(50);

    private readonly VmLimits _limits;
    private readonly int _vcpus;
    private long? _touchedMiB;
    private long _cpuHits;
    private long _memoryHits;
    private long _instructionHits;

    /// <param name="id">The instance.</param>
    /// <param name="spec">What it is an instance of.</param>
    /// <param name="output">Where its output goes.</param>
    /// <param name="stop">What ends its vCPUs; null for nothing.</param>
    /// <param name="limits">How much it may use; null for what its description says.</param>
    public VmUse(string id, VmSpec spec, IGuestOutput output, VmStopSignal? stop = null, VmLimits? limits = null)
    {
        _limits = limits ?? spec.Limits;
        _vcpus = Math.Max(spec.Machine.Vcpus, spec.Machine.Image.StartsVcpus ? Environment.ProcessorCount : 1);
        Console = new GuestConsole(id, output, _limits.Files.BytesWritten, _limits.Console) { Stop = stop };
        Files = new FileQuotas(_limits.Files, Console.Budget);
        Budget = new RunBudget(_limits.Run);
    }

    /// <summary>Its standard streams.</summary>
    public GuestConsole Console { get; }

    /// <summary>What it uses of its files.</summary>
    public FileQuotas Files { get; }

    /// <summary>What its vCPUs use.</summary>
    public RunBudget Budget { get; }

    /// <summary>
    /// When to look again: when the rest of the processor time could be used up, and often for memory. Null for never.
    /// </summary>
    public TimeSpan? NextLook
    {
        get
        {
            TimeSpan? next = _limits.Run.MemoryTouchedMiB is null ? null : BetweenMemoryLooks;
            if (_limits.Run.CpuBudget is { } budget)
            {
                var earliest = (budget - Budget.Cpu.Used) / _vcpus;
                earliest = earliest > Soonest ? earliest : Soonest;
                next = next is null || earliest < next ? earliest : next;
            }

            return next;
        }
    }

    /// <summary>Looks whether more was used than may be.</summary>
    /// <param name="memory">Its memory.</param>
    /// <returns>What ends it; null when it goes on.</returns>
    public VmVerdict? Look(GuestMemory memory)
    {
        if (_limits.Run.CpuBudget is { } budget && Budget.Cpu.Used is var used && used > budget)
        {
            _cpuHits++;
            return VmVerdict.OutOf($"it took {used.TotalSeconds:0.###} s of processor time, and its CpuBudget is {budget.TotalSeconds:0.###} s");
        }

        if (_limits.Run.MemoryTouchedMiB is { } limit && Touched(memory) > limit)
        {
            _memoryHits++;
            return VmVerdict.OutOf($"it touched {_touchedMiB} MiB of memory, and its limit MemoryTouchedMiB is {limit}");
        }

        return null;
    }

    /// <summary>The verdict on a VM that has made all its exits, or executed all its instructions.</summary>
    public VmVerdict OutOf(VcpuEnd end)
    {
        if (!end.IsOutOfInstructions)
        {
            return VmVerdict.OutOf($"it made as many exits as its limit Exits allows, {_limits.Run.Exits}");
        }

        _instructionHits = 1;
        return VmVerdict.OutOf($"it executed as many instructions as its limit MaxInstructions allows, {_limits.Run.MaxInstructions}");
    }

    /// <summary>What it used of each limit.</summary>
    /// <param name="exits">The exits it made.</param>
    /// <param name="calls">The hypercalls it made.</param>
    /// <param name="ran">How long it ran.</param>
    /// <param name="memory">Its memory; null when it had none.</param>
    /// <param name="instructions">The instructions it executed; null when nobody counted.</param>
    public IReadOnlyList<LimitUse> Report(long exits, long calls, TimeSpan ran, GuestMemory? memory, long? instructions)
    {
        if (_limits.Run.MemoryTouchedMiB is not null && memory is not null)
        {
            Touched(memory);
        }

        return
        [
            .. Files.Uses,
            Console.BytesUse,
            new("ConsoleBytesPerSecond", PerSecond(Console.BytesUse.Used ?? 0, ran), _limits.Console.ConsoleBytesPerSecond, Console.Delays ?? 0),
            new(nameof(RunLimits.HypercallsPerSecond), PerSecond(calls, ran), _limits.Run.HypercallsPerSecond, Budget.Hypercalls?.Delays ?? 0),
            new(nameof(RunLimits.Exits), exits, _limits.Run.Exits, Budget.Exits?.Use.Hits ?? 0),
            new(nameof(RunLimits.MaxInstructions), instructions, _limits.Run.MaxInstructions, _instructionHits),
            new(nameof(RunLimits.CpuBudget), Micros(Budget.Cpu.Used), _limits.Run.CpuBudget is { } budget ? Micros(budget) : null, _cpuHits),
            new(nameof(RunLimits.MemoryTouchedMiB), _touchedMiB, _limits.Run.MemoryTouchedMiB, _memoryHits),
        ];
    }

    private static long Micros(TimeSpan time) => (long)time.TotalMicroseconds;

    private static long PerSecond(long count, TimeSpan ran) => ran > TimeSpan.Zero ? (long)(count / ran.TotalSeconds) : 0;

    private long Touched(GuestMemory memory)
    {
        const int MiBShift = 20;
        var touched = memory.CountTouchedBytes() >> MiBShift;
        _touchedMiB = Math.Max(_touchedMiB ?? 0, touched);
        return touched;
    }
}
