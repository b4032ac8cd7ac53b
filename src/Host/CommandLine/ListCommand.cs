using KvmActors.Host.Configuration;

namespace KvmActors.Host.CommandLine;

/// <summary>Lists the scenarios that come with the program and what each shows.</summary>
internal static class ListCommand
{
    /// <summary>Lists them on standard output.</summary>
    /// <returns>The process's exit code.</returns>
    public static int Run()
    {
        var scenarios = ScenarioFiles.All().Select(file => (
            Name: Path.GetFileNameWithoutExtension(file),
            Description: ProgramConfiguration.ReadFile(file).Find("Scenario")?.Find("Description")?.Text)).ToList();
        var width = scenarios.Count == 0 ? 0 : scenarios.Max(scenario => scenario.Name.Length);
        foreach (var (name, description) in scenarios)
        {
            Console.WriteLine($"{name.PadRight(width)}  {description}");
        }

        return ExitCodes.Success;
    }
}
