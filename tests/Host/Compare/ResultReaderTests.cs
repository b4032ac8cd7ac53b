using System.Text.Json.Nodes;
using KvmActors.Host.Compare;
using KvmActors.Host.Configuration;
using KvmActors.Host.Output;
using KvmActors.Interop.Tests.Support;
using KvmActors.Library.Checking;

namespace KvmActors.Host.Tests.Compare;

public sealed class ResultReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_WhatJsonWrote_HasEveryDuration()
    {
        var run = ComparedRun.Read(Write(Sample()));

        Assert.Equal(("sample", "1.2.3", "A processor", "kvm_amd"), (run.Scenario, run.ProgramVersion, run.Processor, run.KvmModule));
        Assert.Equal("Kvm", run.Backend);
        Assert.Equal(["Io, host", "Io, guest", "Hlt, host", "Hlt, guest"], run.Exits.Select(row => row.Name));
        Assert.Equal([(301.5, 1L)], run.Exits[0].Durations.Buckets);
        Assert.Equal("read", Assert.Single(run.Hypercalls).Name);
        Assert.Equal(["good: start", "good: run", "bad: start", "bad: run"], run.Vms.Select(row => row.Name));
        Assert.Equal([(1_300_000.0, 2L)], run.Vms[0].Durations.Buckets);
        Assert.Equal(["good-0: start", "good-0: run", "good-1: start", "good-1: run"], run.Instances.Select(row => row.Name));
    }

    [Fact]
    public void Read_MissingFile_IsOneLine() => AssertRefused(_folder["none.json"], "No such file or directory");

    [Theory]
    [InlineData("", "no JSON: ")]
    [InlineData("[]", "these are no results of a run; --json writes them")]
    [InlineData("{}", "these are no results of a run; --json writes them")]
    [InlineData("""{ "Scenario": { "Vms": [] } }""", "these are no results of a run; --json writes them")]
    [InlineData("""{ "scenario": "x", "vms": [] }""", "written by a version of this program whose results have no buckets; run it again with this one")]
    [InlineData("""{ "scenario": "x", "vms": [], "schemaVersion": 2 }""", "schemaVersion 2 is not known; this version of the program knows 1")]
    [InlineData("""{ "scenario": "x", "scenario": "y", "vms": [] }""", "no JSON: ")]
    public void Read_NoResults_SaysSo(string text, string problem) => AssertRefused(Write(text), problem);

    [Theory]
    [InlineData("machine", "null", "machine: missing, or no object")]
    [InlineData("machine.kvm.module", "7", "machine.kvm.module: missing, or no string")]
    [InlineData("exits.Io", "[]", "exits.Io.hostMicros: missing, or no object")]
    [InlineData("exits.Io.hostMicros.buckets", "7", "exits.Io.hostMicros.buckets: missing, or no array")]
    [InlineData("exits.Io.guestMicros.buckets", "[[1]]", "exits.Io.guestMicros.buckets: not pairs of a duration and a count, the durations ascending")]
    [InlineData("exits.Io.hostMicros.buckets", "[[-1,1]]", "exits.Io.hostMicros.buckets: not pairs")]
    [InlineData("exits.Io.hostMicros.buckets", "[[2,1],[1,1]]", "exits.Io.hostMicros.buckets: not pairs")]
    [InlineData("exits.Io.hostMicros.buckets", "[[1,0]]", "exits.Io.hostMicros.buckets: not pairs")]
    [InlineData("exits.Io.hostMicros.buckets", "[[1,1e30]]", "exits.Io.hostMicros.buckets: not pairs")]
    [InlineData("exits.Io.hostMicros.buckets", "[[1,9007199254740992],[2,9007199254740992]]", "exits.Io.hostMicros.buckets: not pairs")]
    [InlineData("exits.Io.hostMicros.buckets", "[[1e308,1]]", "exits.Io.hostMicros.buckets: not pairs")]
    [InlineData("hypercalls.read.micros.buckets", "[[\"1\",1]]", "hypercalls.read.micros.buckets: not pairs")]
    [InlineData("byVm", "[]", "byVm: missing, or no object")]
    [InlineData("vms", "{}", "vms: missing, or no array")]
    [InlineData("vms", "[{}]", "name: missing, or no string")]
    [InlineData("vms", """[{ "name": "a", "id": "a-0", "startMicros": -1, "runMicros": 1 }]""", "vms[0].startMicros: not a duration in microseconds")]
    public void Read_WrongField_IsNamed(string path, string value, string problem)
    {
        var root = JsonNode.Parse(Sample())!;
        var parts = path.Split('.');
        var parent = parts[..^1].Aggregate(root, (node, name) => node[name]!);
        parent[parts[^1]] = JsonNode.Parse(value);

        AssertRefused(Write(root.ToJsonString()), problem);
    }

    private static string Sample()
    {
        using var stream = new MemoryStream();
        ResultDocument.From(SampleResults.Scenario(good: 2, oneCrashed: true), SampleResults.Facts).WriteTo(stream);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private string Write(string text)
    {
        File.WriteAllText(_folder["results.json"], text);
        return _folder["results.json"];
    }

    private static void AssertRefused(string file, string problem)
    {
        var line = Assert.Single(Assert.Throws<ConfigurationException>(() => ComparedRun.Read(file)).Problems);
        Assert.StartsWith($"{file}: ", line, StringComparison.Ordinal);
        Assert.Contains(problem, line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
    }
}
