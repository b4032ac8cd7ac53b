using KvmActors.Fuzz.Tests.Running;
using KvmActors.Host.Configuration;
using KvmActors.Library.Checking;

namespace KvmActors.Fuzz.Tests.Configuration;

/// <summary>
/// Whatever a scenario's file holds: it may run, or everything that is wrong with it is said, a line each. It takes no more memory than
/// its files are long.
/// </summary>
internal sealed class ScenarioTarget : IFuzzTarget
{
    private const long MaxBytes = 64 << 20;

    private readonly InputFolder _folder = new();
    private readonly JsonChoice _json;

    public ScenarioTarget() => _json = new JsonChoice(_folder.Files);

    public string Name => "scenario";

    public void Dispose() => _folder.Dispose();

    public string Run(FuzzInput input)
    {
        var text = _json.Scenario(input, typeof(ScenarioOptions));
        if (input.IsDescribed)
        {
            input.Note(text);
        }

        var file = _folder["scenario.json"];
        File.WriteAllText(file, text);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var outcome = Read(file);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return allocated <= MaxBytes ? outcome : throw new FuzzFailureException($"{outcome}, but {allocated >> 20} MiB were allocated");
    }

    private static string Read(string file)
    {
        try
        {
            using var configuration = ProgramConfiguration.Read(file, []);
            var scenario = ProgramConfiguration.ReadScenario(configuration, file);
            return scenario.Vms.Count > 0 ? "taken" : throw new FuzzFailureException("taken without a VM");
        }
        catch (ConfigurationException e)
        {
            return Lines.Check(e.Problems);
        }
    }
}
