namespace KvmActors.EndToEnd.Tests;

/// <summary>Settings are taken by every command, as the README's advice for a node that is elsewhere needs it.</summary>
[Trait("Needs", "Speed")]
public sealed class SettingsEverywhereTests
{
    [Theory]
    [InlineData("--backend", "kvm", "--scenario", "hello", "--Kvm:Device=/nowhere/kvm")]
    [InlineData("doctor", "--backend=kvm", "--Kvm:Device=/nowhere/kvm")]
    [InlineData("doctor", "--Kvm:Device", "/nowhere/kvm", "--backend", "kvm")]
    [InlineData("--Kvm:Device=/nowhere/kvm", "doctor", "--backend", "kvm")]
    [InlineData("exec", "--backend", "kvm", "--Kvm:Device=/nowhere/kvm", "guest/user/hello")]
    [InlineData("exec", "--backend=kvm", "--vcpus", "1", "--Kvm:Device", "/nowhere/kvm", "--", "guest/user/hello")]
    public async Task Run_DeviceThatIsElsewhere_IsLookedForThere(params string[] words)
    {
        // The program's own guests lie beside it.
        string[] arguments = [.. words.Select(word => word.StartsWith("guest/", StringComparison.Ordinal) ? Path.Combine(AppContext.BaseDirectory, word) : word)];

        using var host = await HostProcess.RunAsync(arguments);

        Assert.Equal((3, ""), (host.ExitCode, host.Output));
        Assert.Contains("/nowhere/kvm", Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list", "--Kvm:Device=/nowhere/kvm")]
    [InlineData("check", "--Kvm:Device=/nowhere/kvm", "orw")]
    public async Task Run_CommandThatNeedsNoDevice_TakesItAllTheSame(params string[] words)
    {
        using var host = await HostProcess.RunAsync(words);

        Assert.Equal((0, ""), (host.ExitCode, host.Error));
    }

    [Fact]
    public async Task Run_SettingThatIsNone_IsNamed()
    {
        using var host = await HostProcess.RunAsync("doctor", "--Kvm:Devise=/dev/kvm");

        Assert.Equal((2, ""), (host.ExitCode, host.Output));
        Assert.Contains("Kvm:Devise", Assert.Single(host.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }
}
