using System.Globalization;
using KvmActors.Actors.Specs;
using KvmActors.Library.Checking;
using KvmActors.Machine.Processor;

namespace KvmActors.Host.Configuration;

/// <summary>Turns a scenario as people write it into one that may run, or says everything that is wrong with it.</summary>
internal sealed class ScenarioValidator(string scenarioFile)
{
    private readonly Problems _problems = new();

    /// <summary>Checks a scenario and reads its images.</summary>
    /// <exception cref="ConfigurationException">Something is wrong, with a line for each key concerned.</exception>
    public ScenarioSpec Validate(ScenarioOptions options)
    {
        _problems.CheckRange("Scenario:MaxConcurrency", options.MaxConcurrency, 1, Bounds.MaxConcurrency);
        if (options.ShutdownGrace <= TimeSpan.Zero || options.ShutdownGrace > Bounds.MaxTimeout)
        {
            _problems.Add("Scenario:ShutdownGrace", $"{options.ShutdownGrace} is not more than 0 and at most {Bounds.MaxTimeout.TotalDays} days");
        }

        _problems.CheckRange("Scenario:Seed", options.Seed, 0, long.MaxValue);
        var backend = _problems.ReadName<Backend>("Scenario:Backend", options.Backend);
        if (options.Vms.Count == 0)
        {
            _problems.Add("Scenario:Vms", "there is no VM in it");
        }

        var vms = new List<VmSpec>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var validator = new VmValidator(scenarioFile, _problems, new WholeFiles()) { Backend = backend };
        for (var index = 0; index < options.Vms.Count; index++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"Scenario:Vms:{index}");
            if (validator.ValidateAll(path, options.Vms[index], options.Seed) is not [var first, ..] all)
            {
                continue;
            }

            vms.AddRange(all.Select(vm => vm with { Seed = options.Seed }));
            if (!names.Add(first.Name))
            {
                _problems.Add($"{path}:Name", $"another VM is called {first.Name} too");
            }
        }

        // Each has a place in the queue and in the results.
        if (vms.Sum(vm => (long)vm.Instances) is var instances and > Bounds.MaxInstances)
        {
            _problems.Add("Scenario:Vms", $"{instances} instances in all; {Bounds.MaxInstances} are the most");
        }

        if (options.Name?.Any(char.IsControl) == true)
        {
            _problems.Add("Scenario:Name", "a name cannot contain control characters");
        }

        _problems.ThrowIfAny();
        var name = options.Name ?? Path.GetFileNameWithoutExtension(scenarioFile);
        return new ScenarioSpec(name, options.MaxConcurrency, vms)
        {
            ShutdownGrace = options.ShutdownGrace,
            IsDeterministic = options.Deterministic,
            OvercommitsMemory = options.OvercommitMemory,
        };
    }
}
