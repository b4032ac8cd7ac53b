using System.Text.Json;
using KvmActors.Packages.Tests.Support;

namespace KvmActors.Packages.Tests.Deploy;

/// <summary>deploy/Dockerfile, where no container engine runs: its steps are those that <see cref="ImageTests"/> takes.</summary>
[Trait("Needs", "Repository")]
public sealed class DockerfileTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "deploy");
    private static readonly IReadOnlyList<(string Name, string Words)> Steps = Read(Path.Combine(Folder, "Dockerfile"));

    [Fact]
    public void Steps_ThatBuild_AreTheScriptAlone()
    {
        Assert.Equal(["deploy/build.sh", "/kvmactors"], ListOf("RUN", stage: 0));
        Assert.Equal(["ln", "-s", $"{Installed}/kvmactors", "/usr/local/bin/kvmactors"], ListOf("RUN", stage: 1));
        Assert.Equal(2, Steps.Count(step => step.Name == "RUN"));
        Assert.True(File.GetUnixFileMode(Path.Combine(Folder, "build.sh")).HasFlag(UnixFileMode.OtherExecute));
    }

    [Fact]
    public void Image_HasWhatTheScriptMadeOnTheRuntimeAlone()
    {
        Assert.Equal(2, Steps.Count(step => step.Name == "FROM"));
        Assert.Contains("/runtime:10.0", Stage(1)[0].Words, StringComparison.Ordinal);
        Assert.Equal($"--from=build /kvmactors {Installed}", Single("COPY", 1));
    }

    [Fact]
    public void User_OfTheImage_IsNotRoot() => Assert.All(Single("USER", 1).Split(':'), id => Assert.True(int.Parse(id) > 0));

    [Fact]
    public void Health_IsWhatDoctorSays()
    {
        var check = Single("HEALTHCHECK", 1);
        Assert.Equal([$"{Installed}/kvmactors", "doctor"], JsonSerializer.Deserialize<string[]>(check[check.IndexOf('[', StringComparison.Ordinal)..])!);
        Assert.Equal([$"{Installed}/kvmactors"], ListOf("ENTRYPOINT", 1));
    }

    [Theory]
    [InlineData("src/Host/Host.csproj")]
    [InlineData("guest/Makefile")]
    [InlineData("config/scenarios/orw.json")]
    [InlineData("Directory.Packages.props")]
    [InlineData("deploy/build.sh")]
    [InlineData(".editorconfig")]
    public void Context_HasWhatTheBuildReads(string file) => Assert.DoesNotContain(Ignored(), pattern => IsBelow(file, pattern));

    [Theory]
    [InlineData("src/Host/bin/Debug/net10.0/kvmactors.dll")]
    [InlineData("src/Host/obj/project.assets.json")]
    [InlineData("guest/build/kernel.elf")]
    [InlineData(".git/config")]
    public void Context_LacksWhatWasBuiltHere(string file) => Assert.Contains(Ignored(), pattern => IsBelow(file, pattern));

    private const string Installed = "/opt/kvmactors";

    private static IEnumerable<string> Ignored() =>
        File.ReadAllLines(Path.Combine(Folder, "Dockerfile.dockerignore")).Where(line => line.Length > 0 && line[0] != '#');

    private static bool IsBelow(string file, string pattern) => pattern.StartsWith("**/", StringComparison.Ordinal)
        ? file.Split('/').Contains(pattern[3..])
        : file == pattern || file.StartsWith(pattern + "/", StringComparison.Ordinal);

    private static string[] ListOf(string step, int stage) => JsonSerializer.Deserialize<string[]>(Single(step, stage))!;

    private static string Single(string step, int stage) => Assert.Single(Stage(stage), other => other.Name == step).Words;

    private static List<(string Name, string Words)> Stage(int number)
    {
        var starts = Steps.Select((step, index) => (step, index)).Where(item => item.step.Name == "FROM").Select(item => item.index).Append(Steps.Count).ToList();
        return [.. Steps.Skip(starts[number]).Take(starts[number + 1] - starts[number])];
    }

    private static List<(string Name, string Words)> Read(string file) =>
    [
        .. from line in File.ReadAllLines(file)
           where line.Length > 0 && line[0] != '#'
           let parts = line.Split(' ', 2)
           select (parts[0], parts[1]),
    ];
}
