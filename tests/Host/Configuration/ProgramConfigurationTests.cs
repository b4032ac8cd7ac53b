using KvmActors.Library.Tests.Support;
using KvmActors.Host.Configuration;
using KvmActors.Host.Configuration.Reading;
using KvmActors.Host.Tests.Support;
using KvmActors.Interop.Tests.Support;
using KvmActors.Library.Checking;

namespace KvmActors.Host.Tests.Configuration;

[Collection(SerialCollection.Name)]
public sealed class ProgramConfigurationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string> Scenarios => [.. ScenarioFiles.All().Select(file => Path.GetFileNameWithoutExtension(file))];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_SameKeyEverywhere_TheLaterWins()
    {
        var file = _folder.AddFile("mine.json", """{ "Kvm": { "Device": "/dev/scenario" }, "Own": { "Key": "scenario", "Other": "scenario" } }""");
        using var environment = new EnvironmentScope { ["Own__Key"] = "environment", ["Own__Other"] = "environment" };

        using var configuration = ProgramConfiguration.Read(file, ["--Own:Other=command line"]);

        Assert.Equal("/dev/scenario", configuration.Find("Kvm:Device")?.Text);
        Assert.Equal("environment", configuration.Find("Own:Key")?.Text);
        Assert.Equal("command line", configuration.Find("own:other")?.Text);

        // From the program's settings, which come first.
        Assert.Equal("Warning", configuration.Find("Logging:LogLevel:Default")?.Text);
        Assert.Equal("Warning", configuration.ForHost["Logging:LogLevel:Default"]);
    }

    [Fact]
    public void Read_MissingFile_IsNamed()
    {
        var problem = Assert.Single(Assert.Throws<ConfigurationException>(() => ProgramConfiguration.Read(_folder["none.json"], [])).Problems);

        Assert.Contains(_folder["none.json"], problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ \"Scenario\": ]")]
    [InlineData("")]
    [InlineData("[]")]
    public void Read_NoJson_IsOneLineThatNamesTheFile(string text)
    {
        var file = _folder.AddFile("broken.json", text);

        var problem = Assert.Single(Assert.Throws<ConfigurationException>(() => ProgramConfiguration.Read(file, [])).Problems);

        Assert.Contains(file, problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
    }

    [Fact]
    public void ReadSettings_OfTheProgram_AreWithoutAScenario()
    {
        using var environment = new EnvironmentScope { ["Telemetry__ExitSampling__First"] = "7" };

        using var configuration = ProgramConfiguration.ReadSettings([]);

        Assert.Equal("/dev/kvm", ProgramConfiguration.Bind<KvmOptions>(configuration, "Kvm").Device);
        Assert.Equal(7, ProgramConfiguration.Bind<TelemetryOptions>(configuration, "Telemetry").ExitSampling.First);
        Assert.Null(configuration.Find("Scenario"));
    }

    [Fact]
    public void Bind_MissingSection_HasTheDefaults() =>
        Assert.Equal("/dev/kvm", ProgramConfiguration.Bind<KvmOptions>(new ProgramSettings(new Setting("", SettingKind.Object)), "Kvm").Device);

    [Fact]
    public void Bind_UnknownKeys_AreAllNamed()
    {
        var problems = Assert.Throws<ConfigurationException>(() => Settings.Read<VmOptions>("Imgae=x", "Files:0:Acess=y", "Name=z")).Problems;

        Assert.Equal(["Options:Files:0:Acess", "Options:Imgae"], problems.Select(problem => problem.Split(": ")[0]).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Vms:0:Vcpus", "Vms:0:Vcpus=two")]
    [InlineData("Vms:0:Timeout", "Vms:0:Timeout=soon")]
    [InlineData("Vms:0:Mergeable", "Vms:0:Mergeable=maybe")]
    public void Bind_ValueOfAnotherKind_NamesTheKeyAndTheValue(string key, params string[] settings)
    {
        var problem = Assert.Single(Assert.Throws<ConfigurationException>(() => Settings.Read<ScenarioOptions>(settings)).Problems);

        Assert.Contains($"Options:{key}: ", problem, StringComparison.Ordinal);
        Assert.Contains($"'{settings[^1].Split('=')[1]}'", problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "Scenario": {} }""")]
    [InlineData("""{ "Vms": [] }""")]
    public void ReadScenario_NoScenarioObject_NamesTheFile(string json)
    {
        var file = _folder.AddFile("mine.json", json);
        using var configuration = ProgramConfiguration.Read(file, []);

        var error = Assert.Throws<ConfigurationException>(() => ProgramConfiguration.ReadScenario(configuration, file));

        Assert.Equal([$"{file}: there is no Scenario object in it"], error.Problems);
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void ReadScenario_EachOfTheProgram_MayRun(string name)
    {
        var file = ScenarioFiles.Find(name);
        using var configuration = ProgramConfiguration.Read(file, []);

        Assert.NotEmpty(ProgramConfiguration.ReadScenario(configuration, file).Vms);
        Assert.NotEmpty(configuration.Find("Scenario:Description")?.Text ?? "");
    }

    [Theory]
    [InlineData("MaxConcurrency", "MaxConcurrency=many")]
    [InlineData("Vms:0:Limits:OpenFiles", "Vms:0:Limits:OpenFiles=some")]
    [InlineData("Vms:0:ReadBack:0:Length", "Vms:0:ReadBack:0:Length=some")]
    [InlineData("Vms:0:Devices:0:Registers:0:Size", "Vms:0:Devices:0:Registers:0:Size=some")]
    public void Bind_ValueOfAnotherKind_NamesTheKey(string key, string setting) => Assert.Contains(
        $"Options:{key}: ", Assert.Throws<ConfigurationException>(() => Settings.Read<ScenarioOptions>(setting)).Message, StringComparison.Ordinal);
}
