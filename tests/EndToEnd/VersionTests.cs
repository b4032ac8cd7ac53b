using System.Reflection;

namespace KvmActors.EndToEnd.Tests;

/// <summary><c>--version</c>, for bug reports.</summary>
[Trait("Needs", "Speed")]
public sealed class VersionTests
{
    [Theory]
    [InlineData("--version")]
    [InlineData("exec", "-V")]
    public async Task Run_Version_IsOneLineOnStandardOutput(params string[] words)
    {
        var version = typeof(VersionTests).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

        using var host = await HostProcess.RunAsync(words);

        Assert.Equal((0, $"kvmactors {version}\n", ""), (host.ExitCode, host.Output, host.Error));
    }
}
