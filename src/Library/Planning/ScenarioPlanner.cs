using KvmActors.Actors.Specs;
using KvmActors.Library.Checking;
using KvmActors.Machine.Processor;

namespace KvmActors.Library.Planning;

/// <summary>Turns a scenario as people describe it in C# into one that may run.</summary>
internal static class ScenarioPlanner
{
    /// <summary>Plans it.</summary>
    /// <exception cref="GuestStartException">One of its programs cannot be run.</exception>
    /// <exception cref="ArgumentException">A number is out of range, or there is nothing to run.</exception>
    public static ScenarioSpec Plan(GuestScenario scenario, KvmHostOptions options, Backend backend)
    {
        var problems = new Problems();
        problems.CheckRange(nameof(scenario.MaxConcurrency), scenario.MaxConcurrency, 1, Bounds.MaxConcurrency);
        foreach (var (index, guests) in scenario.Guests.Index())
        {
            problems.CheckRange($"{nameof(scenario.Guests)}[{index}].{nameof(guests.Count)}", guests.Count, 1, Bounds.MaxInstances);
        }

        if (scenario.Guests.Count == 0)
        {
            problems.Add(nameof(scenario.Guests), "there is none in it");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException(problems.Text, nameof(scenario));
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        var vms = scenario.Guests.Select(guests => Named(ProgramPlanner.Plan(guests.Program, backend).Vm with { Instances = guests.Count, Functions = null }, names)).ToList();
        return new ScenarioSpec(scenario.Name, scenario.MaxConcurrency, vms)
        {
            IsDeterministic = options.IsDeterministic,
            OvercommitsMemory = options.OvercommitsMemory,
            ShutdownGrace = options.Grace,
        };
    }

    // Programs may have one name; their guests may not.
    private static VmSpec Named(VmSpec vm, HashSet<string> names)
    {
        var name = vm.Name;
        for (var number = 2; !names.Add(name); number++)
        {
            name = $"{vm.Name}-{number}";
        }

        return name == vm.Name ? vm : vm with { Name = name };
    }
}
