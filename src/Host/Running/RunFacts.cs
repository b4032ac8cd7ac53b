using KvmActors.Actors.Specs;
using KvmActors.Host.Doctor;
using KvmActors.Host.GuestOutput;

namespace KvmActors.Host.Running;

/// <summary>What a run was, besides its result: of which program, when, where, and of what.</summary>
internal sealed record RunFacts
{
    /// <summary>The program's version.</summary>
    public required string Version { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>The machine it ran on.</summary>
    public required MachineFacts Machine { get; init; }

    /// <summary>The device node that the VMs were made by.</summary>
    public required string Device { get; init; }

    /// <summary>What was to run.</summary>
    public required ScenarioSpec Scenario { get; init; }

    /// <summary>What an instance wrote, as far as it was kept.</summary>
    public Func<string, GuestText> OutputOf { get; init; } = _ => GuestText.Empty;

    /// <summary>How many VMs the scenario asks for.</summary>
    public int AskedVms => Scenario.Vms.Sum(vm => vm.Instances);

    /// <summary>What executed its VMs' instructions, by its name; <c>Both</c> where some of them were in software and some not.</summary>
    public string Backend => Scenario.Vms.Select(vm => vm.Backend).Distinct().ToList() is [var one] ? one.ToString() : "Both";

    /// <summary>The facts of a run that begins now.</summary>
    /// <param name="scenario">What is to run.</param>
    /// <param name="device">The device node.</param>
    public static RunFacts Take(ScenarioSpec scenario, string device) => new()
    {
        Version = ProgramVersion.Current,
        Started = TimeProvider.System.GetUtcNow(),
        Machine = MachineFacts.Read(),
        Device = device,
        Scenario = scenario,
    };
}
