using KvmActors.Host.Configuration;
using KvmActors.Host.Configuration.Reading;

namespace KvmActors.Host.Tests.Docs;

/// <summary>docs/scenarios.md has every key, and no other.</summary>
[Trait("Needs", "Repository")]
public sealed class ScenarioPageTests
{
    private const string Page = "docs/scenarios.md";

    private static readonly (string Section, Type Options)[] Sections =
    [
        ("Scenario", typeof(ScenarioOptions)), ("Kvm", typeof(KvmOptions)), ("Sandbox", typeof(SandboxOptions)),
        ("Telemetry", typeof(TelemetryOptions)), ("Logging", typeof(LoggingOptions)),
    ];

    [Fact]
    public void Page_HasEveryKey()
    {
        var names = Pages.NamesOn(Page);

        Assert.All(Keys(), key => Assert.True(
            names.Contains(key.Name), $"{Page} does not tell of the key {key.Path}: add a row for `{key.Name}` to its table, with its default and its meaning"));
    }

    [Fact]
    public void Page_HasNoOtherKey()
    {
        var keys = Keys().Select(key => key.Name).Concat(Keys().Select(key => key.Path)).ToHashSet();
        var told = Pages.RowsOn(Page, "Key").SelectMany(row => row[0].Split(", ")).Select(name => name.Trim('`')).ToList();

        Assert.NotEmpty(told);
        Assert.All(told, name => Assert.True(keys.Contains(name), $"{Page} has a row for `{name}`, which is no key: take it out or correct it"));
    }

    /// <summary>A default that is a number, a duration or true or false is what the options begin with.</summary>
    [Fact]
    public void Page_DefaultsAreTheOptions()
    {
        var scenario = new ScenarioOptions();
        var vm = new VmOptions();
        foreach (var (key, value) in ((string, object?)[])
            [
                (nameof(scenario.MaxConcurrency), scenario.MaxConcurrency), (nameof(scenario.ShutdownGrace), scenario.ShutdownGrace),
                (nameof(scenario.OvercommitMemory), scenario.OvercommitMemory), (nameof(vm.Instances), vm.Instances), (nameof(vm.Vcpus), vm.Vcpus),
                (nameof(vm.Mergeable), vm.Mergeable), (nameof(vm.HugePages), vm.HugePages), (nameof(vm.Timeout), vm.Timeout),
            ])
        {
            var row = Assert.Single(Pages.RowsOn(Page, "Key"), row => row[0] == $"`{key}`");
            Assert.True(row[1].Trim('`').Equals(Convert.ToString(value), StringComparison.OrdinalIgnoreCase), $"{Page}: `{key}` has the default {row[1]} there, and {value} in the program");
        }
    }

    private static IEnumerable<(string Path, string Name)> Keys() => Sections.SelectMany(section => KeysOf(section.Section, ObjectShape.Of(section.Options))).Distinct();

    private static IEnumerable<(string Path, string Name)> KeysOf(string path, ObjectShape shape)
    {
        foreach (var key in shape.Keys)
        {
            yield return ($"{path}:{key.Name}", key.Name);
            var inner = key.Shape is ListShape list ? list.Item : key.Shape is MapShape map ? map.Item : key.Shape;
            if (inner is ObjectShape further)
            {
                foreach (var below in KeysOf($"{path}:{key.Name}", further))
                {
                    yield return below;
                }
            }
        }
    }
}
