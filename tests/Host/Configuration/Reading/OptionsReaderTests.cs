using System.Text;
using KvmActors.Host.Configuration;
using KvmActors.Host.Configuration.Reading;
using KvmActors.Host.Tests.Support;
using KvmActors.Library.Checking;

namespace KvmActors.Host.Tests.Configuration.Reading;

/// <summary>What is not what belongs there: a line that names the key, what was found and what belongs.</summary>
public sealed class OptionsReaderTests
{
    private const string Durations = "a duration (a number of seconds, or \"250ms\", \"1s\", \"2m\", \"1h\", \"00:00:01\")";

    public static TheoryData<string, string> Wrong => new()
    {
        { """{ "Vms": {} }""", "Vms: found an object, where a list, [ … ], belongs" },
        { """{ "Vms": { "0": {} } }""", "Vms: found an object, where a list, [ … ], belongs" },
        { """{ "Vms": "x" }""", "Vms: found the text \"x\", where a list, [ … ], belongs" },
        { """{ "Vms": [ [] ] }""", "Vms:0: found a list, where an object, { … }, belongs" },
        { """{ "Vms": [ null ] }""", "Vms:0: found null, where an object, { … }, belongs" },
        { """{ "Vms": [ { "Name": 5 } ] }""", "Vms:0:Name: found the number 5, where text belongs" },
        { """{ "Vms": [ { "Name": null } ] }""", "Vms:0:Name: found null, where text belongs" },
        { """{ "Vms": [ { "Boot": true } ] }""", "Vms:0:Boot: found true, where one of real16, protected32, long64, elf64 belongs" },
        { """{ "Vms": [ { "Vcpus": "two" } ] }""", "Vms:0:Vcpus: found the text \"two\", where a whole number from 1 to 4096 belongs" },
        { """{ "Vms": [ { "Vcpus": "2" } ] }""", "Vms:0:Vcpus: found the text \"2\", where a whole number from 1 to 4096 belongs" },
        { """{ "Vms": [ { "Vcpus": 1.5 } ] }""", "Vms:0:Vcpus: found the number 1.5, where a whole number from 1 to 4096 belongs" },
        { """{ "Vms": [ { "Vcpus": 99999999999999999999 } ] }""", "Vms:0:Vcpus: found the number 99999999999999999999, where a whole number from 1 to 4096 belongs" },
        { """{ "Vms": [ { "Mergeable": "yes" } ] }""", "Vms:0:Mergeable: found the text \"yes\", where true or false belongs" },
        { """{ "Vms": [ { "Mergeable": 1 } ] }""", "Vms:0:Mergeable: found the number 1, where true or false belongs" },
        { """{ "Vms": [ { "Args": "x" } ] }""", "Vms:0:Args: found the text \"x\", where a list, [ … ], belongs" },
        { """{ "Vms": [ { "Args": { "a": "b" } } ] }""", "Vms:0:Args: found an object, where a list, [ … ], belongs" },
        { """{ "Vms": [ { "Args": [ "x", [ "y" ] ] } ] }""", "Vms:0:Args:1: found a list, where text belongs" },
        { """{ "Vms": [ { "Env": "A=b" } ] }""", "Vms:0:Env: found the text \"A=b\", where an object, { \"NAME\": \"VALUE\" }, or a list, [ \"NAME=VALUE\" ], belongs" },
        { """{ "Vms": [ { "Env": [ "A" ] } ] }""", "Vms:0:Env:0: found the text \"A\", where text like \"NAME=VALUE\" belongs" },
        { """{ "Vms": [ { "Env": [ "=b" ] } ] }""", "Vms:0:Env:0: found the text \"=b\", where text like \"NAME=VALUE\" belongs" },
        { """{ "Vms": [ { "Env": [ { "A": "b" } ] } ] }""", "Vms:0:Env:0: found an object, where text like \"NAME=VALUE\" belongs" },
        { """{ "Vms": [ { "Env": [ "A=b", "A=c" ] } ] }""", "Vms:0:Env:1: A is there twice; leave one of the two out" },
        { """{ "Vms": [ { "Env": { "A": "b", "A": "c" } } ] }""", "Vms:0:Env:A: it is there twice; leave one of the two out" },
        { """{ "Vms": [ { "Env": { "A": 5 } } ] }""", "Vms:0:Env:A: found the number 5, where text belongs" },
        { """{ "Vms": [ { "Files": { "Guest": "/x" } } ] }""", "Vms:0:Files: found an object, where a list, [ … ], belongs" },
        { """{ "Vms": [ { "Files": [ "/etc" ] } ] }""", "Vms:0:Files:0: found the text \"/etc\", where an object, { … }, belongs" },
        { """{ "Vms": [ { "Limits": [] } ] }""", "Vms:0:Limits: found a list, where an object, { … }, belongs" },
        { """{ "Vms": [ { "Restart": "Always" } ] }""", "Vms:0:Restart: found the text \"Always\", where an object, { … }, belongs" },
        { """{ "Vms": [ { "Registers": { "RAX": [] } } ] }""", "Vms:0:Registers:RAX: found a list, where a number like 4096 or \"0x1000\" belongs" },
        { """{ "Vms": [ { "Timeout": "soon" } ] }""", $"Vms:0:Timeout: found the text \"soon\", where {Durations} belongs" },
        { """{ "Vms": [ { "Timeout": [ 1 ] } ] }""", $"Vms:0:Timeout: found a list, where {Durations} belongs" },
        { """{ "Vms": [ { "Timeout": true } ] }""", $"Vms:0:Timeout: found true, where {Durations} belongs" },
        { """{ "Name": "a", "name": "b" }""", "name: it is there twice; leave one of the two out" },
        { """{ "Name": "a", "Name": "a" }""", "Name: it is there twice; leave one of the two out" },
        { """{ "Nmae": "a" }""", "Nmae: unknown key; known here: Name, Description, Group, MaxConcurrency, ShutdownGrace, OvercommitMemory, Seed, Deterministic, Backend, Vms" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Read_NotWhatBelongsThere_IsOneLine(string json, string line)
    {
        var problems = new Problems();

        new OptionsReader(problems.Add).Read<ScenarioOptions>("S", Json(json));

        Assert.Equal([$"S:{line}"], problems.Lines());
    }

    [Fact]
    public void Read_SeveralThingsWrong_SaysAllOfThem()
    {
        var problems = new Problems();

        new OptionsReader(problems.Add).Read<ScenarioOptions>("S", Json("""{ "Nmae": "a", "MaxConcurrency": "many", "Vms": [ { "Args": 1 }, { "Env": 2 } ] }"""));

        Assert.Equal(["S:Nmae", "S:MaxConcurrency", "S:Vms:0:Args", "S:Vms:1:Env"], problems.Lines().Select(line => line.Split(": ")[0]));
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("0.25", 0.25)]
    [InlineData("\"1\"", 1)]
    [InlineData("\"250ms\"", 0.25)]
    [InlineData("\"00:00:01\"", 1)]
    public void Read_Duration_MeansTheSameEverywhere(string json, double seconds)
    {
        var expected = TimeSpan.FromSeconds(seconds);
        var scenario = Read<ScenarioOptions>($$"""
            { "ShutdownGrace": {{json}}, "Vms": [ { "Timeout": {{json}}, "Limits": { "CpuBudget": {{json}} },
              "Restart": { "Window": {{json}}, "Backoff": {{json}}, "MaxBackoff": {{json}} } } ] }
            """);

        var vm = Assert.Single(scenario.Vms);
        TimeSpan?[] read = [scenario.ShutdownGrace, vm.Timeout, vm.Limits.CpuBudget, vm.Restart.Window, vm.Restart.Backoff, vm.Restart.MaxBackoff];
        Assert.All(read, duration => Assert.Equal(expected, duration));
        Assert.Equal(expected, Settings.Read<VmOptions>($"Timeout={json.Trim('"')}").Timeout);
        Assert.Equal(expected, Read<TelemetryOptions>($$"""{ "ExitSampling": { "SlowerThan": {{json}} } }""").ExitSampling.SlowerThan);
    }

    [Theory]
    [InlineData("""[ "HOME=/data", "A=b=c", "EMPTY=" ]""", "HOME=/data", "A=b=c", "EMPTY=")]
    [InlineData("""{ "HOME": "/data", "A": "b=c", "EMPTY": "" }""", "A=b=c", "EMPTY=", "HOME=/data")]
    public void Read_Env_IsAListOrAnObjectInTheOrderOfItsNames(string env, params string[] expected)
    {
        var vm = Read<VmOptions>($$"""{ "Env": {{env}} }""");

        Assert.Equal(expected, vm.Env.Select(variable => $"{variable.Key}={variable.Value}"));
    }

    [Fact]
    public void Read_EnvThatDiffersInCase_IsTwoVariables() =>
        Assert.Equal(["path", "PATH"], Read<VmOptions>("""{ "Env": { "path": "a", "PATH": "b" } }""").Env.Keys);

    [Theory]
    [InlineData("""[ "HOME=/data", "A=b" ]""")]
    [InlineData("""{ "HOME": "/data", "A": "b" }""")]
    public void Read_EnvAndAWord_TheWordWins(string env)
    {
        var setting = Json($$"""{ "Vm": { "Env": {{env}} } }""");
        SettingReader.AddWord(setting, "Vm:Env:HOME", "/root");
        SettingReader.AddWord(setting, "Vm:Env:NEW", "1");

        var vm = new OptionsReader(new Problems().Add).Read<VmOptions>("Vm", setting.Find("Vm")!);

        Assert.Equal(["A=b", "HOME=/root", "NEW=1"], vm.Env.Select(variable => $"{variable.Key}={variable.Value}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Vms:0:Vcpus:Count=2", "Vms:0:Vcpus: found keys below it, where a whole number from 1 to 4096 belongs")]
    [InlineData("Vms:0:Vcpus=two", "Vms:0:Vcpus: found 'two', where a whole number from 1 to 4096 belongs")]
    [InlineData("Vms:0:Limits=many", "Vms:0:Limits: found 'many', where an object, { … }, belongs")]
    [InlineData("Vms:x:Name=y", "Vms:x: unknown key; those of a list are numbers from 0")]
    [InlineData("Vms:0:Imgae=x", "Vms:0:Imgae: unknown key; known here: Name, Instances, Matrix, Boot,")]
    [InlineData("Vms:0:Files:1:Acess=x", "Vms:0:Files:1:Acess: unknown key; known here: Guest, Host, Access")]
    public void Read_WrongWord_IsOneLine(string setting, string line) => Assert.StartsWith(
        $"Options:{line}", Assert.Single(Assert.Throws<ConfigurationException>(() => Settings.Read<ScenarioOptions>(setting)).Problems), StringComparison.Ordinal);

    [Fact]
    public void Read_WordOverAFile_ReplacesWhatIsThere()
    {
        var setting = Json("""{ "S": { "Vms": [ { "Name": "a", "Vcpus": 2, "Args": [ "x", "y" ] } ] } }""");
        SettingReader.AddWord(setting, "s:vms:0:vcpus", "3");
        SettingReader.AddWord(setting, "S:Vms:0:Args:1", "z");
        SettingReader.AddWord(setting, "S:Vms:0:Args:2", "5");
        SettingReader.AddWord(setting, "S", "somebody else's");

        var vm = Assert.Single(new OptionsReader(new Problems().Add).Read<ScenarioOptions>("S", setting.Find("S")!).Vms);

        Assert.Equal(("a", 3), (vm.Name, vm.Vcpus));
        Assert.Equal(["x", "z", "5"], vm.Args);
    }

    [Fact]
    public void Read_CommentsAndCommas_AreWelcome() =>
        Assert.Equal("a", Read<VmOptions>("{ // a VM\n \"Name\": \"a\", /* and no more */ }").Name);

    [Theory]
    [InlineData("4", 4)]
    [InlineData("4.0", 4)]
    [InlineData("4e0", 4)]
    public void Read_WholeNumber_IsTakenAsJsonHasIt(string json, int expected) => Assert.Equal(expected, Read<VmOptions>($$"""{ "Vcpus": {{json}} }""").Vcpus);

    [Fact]
    public void Read_Addresses_AreNumbersOrTexts()
    {
        var device = Read<DeviceOptions>("""{ "Type": "RegisterBank", "Address": "0x1000", "Length": "0x20", "Port": 4096.0 }""");

        Assert.Equal(("0x1000", 32, "4096"), (device.Address, device.Length, device.Port));
    }

    private static T Read<T>(string json)
        where T : class, new()
    {
        var problems = new Problems();
        var options = new OptionsReader(problems.Add).Read<T>("S", Json(json));
        Assert.Empty(problems.Lines());
        return options;
    }

    private static Setting Json(string json) => SettingReader.ReadJson(Encoding.UTF8.GetBytes(json));
}
