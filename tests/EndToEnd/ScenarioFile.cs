namespace KvmActors.EndToEnd.Tests;

/// <summary>A scenario of a test's own, in a folder of its own, gone with the test.</summary>
internal sealed class ScenarioFile : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvmactors-");

    /// <summary>Writes a scenario whose VMs are given as JSON objects.</summary>
    public ScenarioFile(params string[] vms)
    {
        Path = System.IO.Path.Combine(Folder, "test.json");
        File.WriteAllText(Path, $$"""{ "Scenario": { "Vms": [ {{string.Join(",\n", vms)}} ] } }""");
    }

    public string Path { get; }

    public string Folder => _folder.FullName;

    /// <summary>A VM that runs a user program under the guest kernel.</summary>
    public static string Program(string name, string arguments, string more = "") => $$"""
        {
          "Name": "{{name}}", "Boot": "elf64", "Image": "guest/kernel.elf", "Args": [ {{arguments}} ],
          "Files": [ { "Guest": "/bin", "Host": "guest/user" } ] {{more}}
        }
        """;

    /// <summary>A VM that runs a bare program.</summary>
    public static string Bare(string name, string boot, string image, string more = "") => $$"""
        { "Name": "{{name}}", "Boot": "{{boot}}", "Image": "guest/bare/{{image}}", "MemoryMiB": 16 {{more}} }
        """;

    public void Dispose() => _folder.Delete(recursive: true);
}
