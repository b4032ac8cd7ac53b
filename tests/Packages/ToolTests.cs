using System.Xml.Linq;
using KvmActors.Packages.Tests.Support;

namespace KvmActors.Packages.Tests;

/// <summary>The package KvmActors.Tool: what is in it, and whether it runs where it was installed, without any tool of a developer's.</summary>
[Trait("Needs", "Repository")]
[Collection("Builds")]
public sealed class ToolTests(PackageFolder packages)
{
    [Fact]
    public async Task Install_FromAFolder_RunsWithoutACompiler()
    {
        var tools = Path.Combine(packages.Root, "tools");
        await Command.MustAsync(packages.Environment, packages.Root, Command.Dotnet, "tool", "install", "KvmActors.Tool", "--tool-path", tools, "--add-source", packages.Packages);
        var program = Path.Combine(tools, "kvmactors");
        var elsewhere = Directory.CreateDirectory(Path.Combine(packages.Root, "elsewhere")).FullName;

        // Nothing on PATH: neither gcc nor make, nor a shell.
        var environment = new Dictionary<string, string?>(packages.Environment)
        {
            ["PATH"] = Directory.CreateDirectory(Path.Combine(packages.Root, "empty")).FullName,
            ["DOTNET_ROOT"] = Path.GetDirectoryName(Command.Dotnet) is { Length: > 0 } folder ? folder : null,
        };

        var version = await Command.MustAsync(environment, elsewhere, program, "--version");
        var hello = await Command.MustAsync(environment, elsewhere, program, "exec", "hello");
        var orw = await Command.MustAsync(environment, elsewhere, program, "--scenario", "orw", "--quiet");
        var bare = await Command.MustAsync(environment, elsewhere, program, "--scenario", "bare-real", "--quiet");
        var doctor = await Command.RunAsync(environment, elsewhere, program, "doctor", "--json");
        var made = await Command.MustAsync(environment, elsewhere, program, "new", "mine");

        Assert.Contains(VersionOf("KvmActors.Tool"), version.Output, StringComparison.Ordinal);
        Assert.NotEqual("", hello.Output);
        Assert.Equal(string.Concat(Enumerable.Repeat(await File.ReadAllTextAsync("/etc/os-release"), 4)), orw.Output);
        Assert.Equal("", bare.Error);
        Assert.Contains("\"backends\"", doctor.Output, StringComparison.Ordinal);
        Assert.Contains("mine", made.Output, StringComparison.Ordinal);

        // The command, which stays when the tool is updated, not the folder of this version.
        Assert.Contains($"'{program}'", await File.ReadAllTextAsync(Path.Combine(elsewhere, "mine", "Makefile")), StringComparison.Ordinal);
    }

    [Fact]
    public void Contents_OfTheTool_AreTheProgramItsGuestsAndItsScenarios()
    {
        using var package = packages.Open("KvmActors.Tool");
        var files = package.Entries.Select(entry => entry.FullName).ToList();

        Assert.Contains("README.md", files);
        Assert.Contains("tools/net10.0/any/guest/kernel.elf", files);
        Assert.Contains("tools/net10.0/any/guest/user/orw", files);
        Assert.Contains("tools/net10.0/any/config/scenarios/orw.json", files);
        Assert.DoesNotContain(files, file => file.StartsWith("content", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(files, file => file.EndsWith(".xml", StringComparison.Ordinal) && file.Contains("KvmActors", StringComparison.Ordinal));
    }

    [Fact]
    public void Symbols_OfTheTool_AreAPackageOfTheirOwn()
    {
        using var symbols = packages.Open("KvmActors.Tool", "snupkg");

        Assert.Contains(symbols.Entries, entry => entry.Name == "kvmactors.pdb");
        Assert.Contains(symbols.Entries, entry => entry.Name == "KvmActors.Machine.pdb");
    }

    [Fact]
    public void Metadata_OfTheTool_SaysWhatItIsAndNothingOfThisMachine()
    {
        using var package = packages.Open("KvmActors.Tool");
        using var stream = package.Entries.Single(entry => entry.Name == "KvmActors.Tool.nuspec").Open();
        var metadata = XDocument.Load(stream).Descendants().Single(element => element.Name.LocalName == "metadata");
        var elements = metadata.Elements().ToDictionary(element => element.Name.LocalName);

        Assert.Equal("README.md", elements["readme"].Value);
        Assert.Contains("virtual machine", elements["description"].Value, StringComparison.Ordinal);
        Assert.Contains("kvm", elements["tags"].Value.Split(' '));
        Assert.True(elements.GetValueOrDefault("repository")?.Attribute("url") is not { } url || url.Value.StartsWith("https://", StringComparison.Ordinal));
        Assert.DoesNotContain(Repository.Root, metadata.ToString(), StringComparison.Ordinal);
    }

    private string VersionOf(string id) => Path.GetFileNameWithoutExtension(packages.PathOf(id))[(id.Length + 1)..];
}
