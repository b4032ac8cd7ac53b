using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using KvmActors.Tests;

namespace KvmActors.Fuzz.Tests.Faults;

/// <summary>Runs the program with a plan for its calls to fail, and says what of what it promises it did not keep.</summary>
internal sealed class FaultRun
{
    private const int NothingStarted = 2, NoKvm = 3, OutputFailed = 4;

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "kvmactors.dll");

    private readonly string _folder;
    private readonly string _results;
    private readonly string _settings;

    public FaultRun(string folder)
    {
        _folder = Directory.CreateDirectory(Path.Combine(folder, "results")).FullName;
        _results = Path.Combine(_folder, "results.json");
        _settings = Path.Combine(folder, "runtimeconfig.json");
    }

    /// <summary>Runs.</summary>
    /// <param name="scenario">What.</param>
    /// <param name="plan">How its calls fail, as the program's setting says it.</param>
    /// <returns>What is wrong; null for nothing.</returns>
    public string? Run(FaultScenario scenario, string plan)
    {
        File.Delete(_results);
        var settings = JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(Program, ".runtimeconfig.json")))!;
        settings["runtimeOptions"]!["configProperties"]!["KvmActors.Interop.Faults"] = plan;
        File.WriteAllText(_settings, settings.ToJsonString());

        string[] json = scenario.Vms is null ? [] : ["--json", _results];
        using var process = Process.Start(new ProcessStartInfo(
            "dotnet",
            ["exec", "--runtimeconfig", _settings, "--depsfile", Path.ChangeExtension(Program, ".deps.json"), Program, .. scenario.Arguments, .. json])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TestTime.Seconds(60)))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            return "it did not end";
        }

        output.GetAwaiter().GetResult();
        return FindProblem(scenario, process.ExitCode, error.GetAwaiter().GetResult());
    }

    private string? FindProblem(FaultScenario scenario, int exitCode, string error)
    {
        var text = $"; exit code {exitCode}; {string.Join(" | ", error.Split('\n').Where(line => line.Contains("kvmactors:", StringComparison.Ordinal) || line.StartsWith("   at", StringComparison.Ordinal)).Take(4))}";
        if (error.Contains("Unhandled exception", StringComparison.Ordinal) || error.Contains("\n   at ", StringComparison.Ordinal) || exitCode > 130)
        {
            return $"it was aborted{text}";
        }

        var left = Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName).Where(name => name != "results.json").ToList();
        if (left.Count > 0)
        {
            left.ForEach(name => File.Delete(Path.Combine(_folder, name!)));
            return $"it left {string.Join(", ", left)} behind{text}";
        }

        if (scenario.Vms is not { } vms)
        {
            return null;
        }

        if (exitCode is NothingStarted or NoKvm)
        {
            return File.Exists(_results) ? $"nothing was started, but there are results{text}"
                : error.Contains("kvmactors: ", StringComparison.Ordinal) ? null : $"it does not say why{text}";
        }

        return exitCode is not (0 or 1 or OutputFailed) ? $"an exit code that is not documented{text}" : FindProblemInResults(exitCode, vms, text);
    }

    private string? FindProblemInResults(int exitCode, int vms, string text)
    {
        if (!File.Exists(_results))
        {
            return exitCode == OutputFailed ? null : $"there are no results{text}";
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(_results));
            var outcomes = document.RootElement.GetProperty("vms").EnumerateArray().Select(vm => vm.GetProperty("outcome").GetString()).ToList();
            var problem = document.RootElement.GetProperty("problem");
            return outcomes.Count == vms || problem.ValueKind == JsonValueKind.String ? null : $"the results have {outcomes.Count} of {vms} VMs, and no problem{text}";
        }
        catch (JsonException)
        {
            return $"the results are cut{text}";
        }
    }
}
