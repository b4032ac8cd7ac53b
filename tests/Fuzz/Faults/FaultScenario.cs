using System.Globalization;

namespace KvmActors.Fuzz.Tests.Faults;

/// <summary>A run of the program in which calls are made to fail.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Arguments">The command line, without <c>--json</c>.</param>
/// <param name="Vms">How many VMs its results have; null where it writes none.</param>
internal sealed record FaultScenario(string Name, string[] Arguments, int? Vms)
{
    /// <summary>All of them: together they come to most of what the program asks of the kernel.</summary>
    /// <param name="folder">Where their files go.</param>
    public static IReadOnlyList<FaultScenario> All(string folder)
    {
        var data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        var program = Path.Combine(folder, "calls");
        using var compiler = System.Diagnostics.Process.Start("gcc", ["-static", "-O1", "-w", "-o", program, Path.Combine(AppContext.BaseDirectory, "calls.c")]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return
        [
            new("devices", ["--scenario", "devices"], 6),
            new("crashes", ["--scenario", "crashes"], Count("crashes")),
            new("warm", ["--scenario", Write(folder, "warm", Program("hello", "\"Instances\": 6"))], 6),
            new("stopped", ["--scenario", Write(folder, "stopped", Program("spin", "\"Instances\": 2, \"Timeout\": \"00:00:00.3\", \"Expect\": { \"Outcome\": \"TimedOut\" }"))], 2),
            new("exec", ["exec", "--map", $"{data}:/data:rw", "--env", "A=b", program], null),
        ];
    }

    private static int Count(string scenario)
    {
        using var document = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "config", "scenarios", scenario + ".json")));
        return document.RootElement.GetProperty("Scenario").GetProperty(nameof(Vms)).EnumerateArray()
            .Sum(vm => vm.TryGetProperty("Instances", out var instances) ? instances.GetInt32() : 1);
    }

    private static string Write(string folder, string name, string vm)
    {
        var file = Path.Combine(folder, name + ".json");
        File.WriteAllText(file, $$"""{ "Scenario": { "MaxConcurrency": 2, "Vms": [ {{vm}} ] } }""");
        return file;
    }

    private static string Program(string name, string more) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{ "Name": "{{name}}", "Boot": "elf64", "Image": "guest/kernel.elf", "Args": [ "/bin/{{name}}" ], "Files": [ { "Guest": "/bin", "Host": "guest/user" } ], {{more}} }""");
}
