using KvmActors.Linux.Files;
using KvmActors.Linux.Functions;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Actors.Specs;

/// <summary>A VM that may run: checked, with its image read and its memory laid out. Shared by all instances.</summary>
public sealed record VmSpec
{
    /// <summary>What the scenario calls it; instances are <c>NAME-0</c>, <c>NAME-1</c>, ….</summary>
    public required string Name { get; init; }

    /// <summary>How many VMs to run like this, at least 1.</summary>
    public required int Instances { get; init; }

    /// <summary>
    /// What its instances have of their own, so many as there are instances; empty when they are all alike, <c>NAME-0</c>, <c>NAME-1</c>, ….
    /// Instances of one name that differ by more than this are several descriptions, one behind the other.
    /// </summary>
    public IReadOnlyList<VmVariant> Variants { get; init; } = [];

    /// <summary>Why its instances start cold, where its machine does not tell; null where it does.</summary>
    public string? ColdReason { get; init; }

    /// <summary>What executes its instructions; <see cref="Backend.Auto"/> for whatever is used where nothing is asked for.</summary>
    public Backend Backend { get; init; }

    /// <summary>Its machine, laid out.</summary>
    public required IBootPlan Plan { get; init; }

    /// <summary>Its machine.</summary>
    public MachineSpec Machine => Plan.Spec;

    /// <summary>How many processors its program is shown, at least 1; as many as its machine has vCPUs where nobody says it.</summary>
    public int Processors
    {
        get => field > 0 ? field : Machine.Vcpus;
        init;
    }

    /// <summary>How long a guest may run, from its first entry.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>What it sees of the host's files.</summary>
    public IReadOnlyList<FileMapping> Files { get; init; } = [];

    /// <summary>Files that it sees and that are none of the host's.</summary>
    public IReadOnlyList<ProvidedFile> ProvidedFiles { get; init; } = [];

    /// <summary>What its guests and whoever embeds them have in common of their functions; null where there are none.</summary>
    public KeptFunctions? Functions { get; init; }

    /// <summary>The directory that its program begins in: absolute, as the guest sees it.</summary>
    public string Directory { get; init; } = "/";

    /// <summary>Limits on what it may use.</summary>
    public VmLimits Limits { get; init; } = new();

    /// <summary>Whether its standard input is the process's own, instead of its machine's.</summary>
    public bool InheritsInput { get; init; }

    /// <summary>What of its memory to report when it has ended.</summary>
    public IReadOnlyList<ReadBackSpec> ReadBack { get; init; } = [];

    /// <summary>What happens when it does not end as it is meant to.</summary>
    public RestartPolicy Restart { get; init; } = RestartPolicy.Never;

    /// <summary>What its instances' random numbers come of, where their machines have their own.</summary>
    public long Seed { get; init; }

    /// <summary>How its instances start, where a warm start is possible at all.</summary>
    public VmStart Start { get; init; }

    /// <summary>How it is meant to end.</summary>
    public ExpectedEnd Expected { get; init; } = ExpectedEnd.Well;
}
