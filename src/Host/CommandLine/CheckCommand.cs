using System.Globalization;
using KvmActors.Actors.Specs;
using KvmActors.Host.Configuration;
using KvmActors.Library.Checking;
using KvmActors.Library.Hosting;

namespace KvmActors.Host.CommandLine;

/// <summary>Checks a scenario as a run would, and starts nothing; it needs no KVM.</summary>
internal static class CheckCommand
{
    /// <summary>Checks, and says on standard output what would run.</summary>
    /// <param name="scenario">A scenario's name or file.</param>
    /// <param name="overrides">Settings, <c>--Key:Sub=value</c> each.</param>
    /// <returns>The process's exit code.</returns>
    /// <exception cref="ConfigurationException">Something is wrong, with a line for each problem.</exception>
    public static int Run(string scenario, IReadOnlyList<string> overrides)
    {
        foreach (var line in Describe(Check(scenario, overrides)))
        {
            Console.WriteLine(line);
        }

        return ExitCodes.Success;
    }

    /// <summary>Reads and checks everything, whatever is wrong with the first of it.</summary>
    /// <exception cref="ConfigurationException">Something is wrong.</exception>
    internal static ScenarioSpec Check(string scenario, IReadOnlyList<string> overrides)
    {
        var file = ScenarioFiles.Find(scenario, "check");
        using var settings = ProgramConfiguration.Read(file, overrides);
        var problems = new List<string>();
        ScenarioSpec? spec = null;
        Try(() => ProgramConfiguration.ReadOptions(settings));
        Try(() => ProgramConfiguration.ReadSandbox(settings));
        Try(() => spec = ProgramConfiguration.ReadScenario(settings, file));
        if (spec is not null)
        {
            Try(() => DescriptorPlan.Check(spec));
        }

        return problems.Count == 0 ? spec! : throw new ConfigurationException(problems);

        void Try(Action read)
        {
            try
            {
                read();
            }
            catch (ConfigurationException e)
            {
                problems.AddRange(e.Problems);
            }
        }
    }

    /// <summary>What would run: a line for the scenario, and one for each VM.</summary>
    internal static IEnumerable<string> Describe(ScenarioSpec scenario)
    {
        var names = scenario.Vms.GroupBy(vm => vm.Name).ToList();
        var instances = scenario.Vms.Sum(vm => (long)vm.Instances);
        yield return string.Create(CultureInfo.InvariantCulture,
            $"ok: {scenario.Name}: {Count(names.Count, "VM")}, {Count(instances, "instance")}, {Math.Min(instances, scenario.MaxConcurrency)} at once at the most");
        foreach (var alike in names)
        {
            var vm = alike.First();
            var memory = vm.Plan.Ranges.Aggregate(0UL, (sum, range) => sum + range.Length);
            yield return string.Create(CultureInfo.InvariantCulture,
                $"  {vm.Name}: {alike.Sum(one => (long)one.Instances)} × {vm.Machine.Boot.ToString().ToLowerInvariant()}, {Count(vm.Machine.Vcpus, "vCPU")}, {memory / (1 << 20)} MiB, {Count(vm.Files.Count, "mapping")}, {Count(vm.Machine.Devices.Count, "device")}, at most {vm.Timeout.TotalSeconds} s");
        }
    }

    private static string Count(long number, string thing) => string.Create(CultureInfo.InvariantCulture, $"{number} {thing}{(number == 1 ? "" : "s")}");
}
