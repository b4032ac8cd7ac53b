using System.Text.Json;
using KvmActors.EndToEnd.Tests;
using KvmActors.Tests;

namespace KvmActors.Telemetry.Tests;

/// <summary>The program as it reports to an OpenTelemetry collector.</summary>
public sealed class OtlpTests
{
    private const int Vms = 50;

    [VmTheory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task Run_FiftyVms_SendsOneWholeTraceAndMetricsThatAgreeWithTheJson(string protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync(protocol == "grpc");
        var host = await RunAsync(
            receiver.Endpoint, protocol, [ScenarioFile.Program("hello", "\"/bin/hello\"", $""", "Instances": {Vms} """)], null,
            "--Telemetry:ExitSampling:Every=1");

        Assert.Equal(0, host.ExitCode);
        AssertWholeTrace(receiver.Spans, host.Results, Vms);
        AssertMetricsAgree(receiver.Points, host.Results);
        Assert.Equal("kvmactors", receiver.Resource["service.name"]);
        Assert.Matches("^[0-9]+\\.[0-9]+", receiver.Resource["service.version"]);
    }

    [VmTheory]
    [InlineData(50, "256", "64")]
    [InlineData(200, "", "")]
    public async Task Run_SlowReceiver_LosesNoSpan(int vms, string queue, string batch)
    {
        await using var receiver = await OtlpReceiver.StartAsync(grpc: true, delay: TimeSpan.FromMilliseconds(300));
        var host = await RunAsync(
            receiver.Endpoint, "grpc", [ScenarioFile.Program("hello", "\"/bin/hello\"", $""", "Instances": {vms}, "Start": "Cold" """)],
            new() { ["OTEL_BSP_MAX_QUEUE_SIZE"] = queue, ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] = batch },
            "--Telemetry:ExitSampling:Every=1");

        // More than the SDK's own queue of 2,048 holds.
        Assert.Equal(0, host.ExitCode);
        AssertWholeTrace(receiver.Spans, host.Results, vms);
        Assert.InRange(receiver.Spans.Count, vms == 200 ? 3000 : 512, int.MaxValue);
    }

    [VmFact]
    public async Task Run_OpenAndStat_SpansSayWhichPath()
    {
        await using var receiver = await OtlpReceiver.StartAsync(grpc: false);
        var folder = Directory.CreateTempSubdirectory("kvmactors-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "note.txt"), "x");
            using var scenario = new ScenarioFile($$"""
                {
                  "Name": "orw", "Boot": "elf64", "Image": "guest/kernel.elf", "Args": [ "/bin/orw", "/data/note.txt" ],
                  "Files": [ { "Guest": "/bin", "Host": "guest/user" }, { "Guest": "/data", "Host": "{{folder.FullName}}" } ]
                }
                """);
            using var host = await HostProcess.RunAsync(
                new Dictionary<string, string>
                {
                    ["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Endpoint,
                    ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                },
                "--scenario", scenario.Path, "--Telemetry:ExitSampling:Every=1");
            Assert.Equal(0, host.ExitCode);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        var opens = receiver.Spans.Where(span => span.Attributes.GetValueOrDefault("kvm.hypercall.name") is "open" or "openat").ToList();
        Assert.Contains(opens, span => span.Attributes.GetValueOrDefault("kvm.hypercall.path") == "/data/note.txt"
            && span.Attributes["kvm.hypercall.result"].All(char.IsDigit));
    }

    [VmFact]
    public async Task Run_VmThatFails_LinksItsRestartsToTheRunBefore()
    {
        await using var receiver = await OtlpReceiver.StartAsync(grpc: true);
        var host = await RunAsync(receiver.Endpoint, "grpc",
        [
            ScenarioFile.Bare("spin", "long64", "spin.bin", """
                , "Timeout": "00:00:00.2", "Restart": { "Policy": "OnFailure", "MaxRestarts": 2, "Backoff": "00:00:00.01" }
                """),
        ]);

        Assert.Equal(1, host.ExitCode);
        Assert.Equal(2, host.Results.GetProperty("vms")[0].GetProperty("restarts").GetInt32());
        var runs = receiver.Spans.Where(span => span.Name == "vm").OrderBy(span => span.Start).ToList();
        Assert.Equal(["", "1", "2"], runs.Select(run => run.Attributes.GetValueOrDefault("kvm.vm.restarts", "")));
        Assert.Equal([[], [runs[0].Id], [runs[1].Id]], runs.Select(run => run.Links));
        Assert.All(runs, run => Assert.Equal(
            ["created", "memory mapped", "image loaded", "vcpus created", "first entry", "deadline"], run.Events));
        Assert.All(runs, run => Assert.Equal("TimedOut", run.Attributes["error.type"]));
        Assert.Equal(3, Single(receiver.Points, "kvm.vm.run.duration", ("kvm.vm.name", "spin"), ("kvm.vm.outcome", "TimedOut"), ("error.type", "TimedOut")).Value);
        Assert.All(receiver.Spans.Where(span => span.Name == "vcpu"), vcpu => Assert.Equal(["kicked"], vcpu.Events));
        Assert.Equal(2, Single(receiver.Points, "kvm.vm.restarts", ("kvm.vm.name", "spin")).Value);
    }

    /// <summary>A guest that runs on is heard of before it ends: the first exports have its exits, and the last has no more than there were.</summary>
    [VmFact]
    public async Task Run_GuestThatRunsOn_SendsItsExitsWhileItRuns()
    {
        await using var receiver = await OtlpReceiver.StartAsync(grpc: true);
        using var scenario = new ScenarioFile(ScenarioFile.Program("spin", "\"/bin/spin\"", """, "Timeout": "01:00:00" """));
        using var host = HostProcess.Start(
            new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Endpoint, ["OTEL_METRIC_EXPORT_INTERVAL"] = "200" },
            "--scenario", scenario.Path);

        var limit = TestTime.Seconds(60);
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (!receiver.Points.Any(point => point.Metric == "kvm.vcpu.exits") && since.Elapsed < limit)
        {
            await Task.Delay(50);
        }

        Assert.Contains(receiver.Points, point => point.Metric == "kvm.vcpu.exits" && point.Value > 0);
        Assert.False(host.HasEnded);
        host.Signal("INT");
        await host.WaitAsync();
        Assert.Equal(130, host.ExitCode);
    }

    [VmFact]
    public async Task Run_StandardVariables_AreHonoured()
    {
        await using var receiver = await OtlpReceiver.StartAsync(grpc: false);
        var host = await RunAsync(null, null, [ScenarioFile.Program("hello", "\"/bin/hello\"")], new()
        {
            ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = $"{receiver.Endpoint}/here/traces",
            ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf",
            ["OTEL_EXPORTER_OTLP_HEADERS"] = "x-tenant=mine",
            ["OTEL_SERVICE_NAME"] = "grader",
            ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment=test",
        });

        // The endpoint of one signal is used as it is, and the other signal goes nowhere.
        Assert.Equal(0, host.ExitCode);
        Assert.Null(receiver.Failure);
        Assert.Equal(["/here/traces"], receiver.Requests.Keys);
        Assert.Equal("mine", receiver.Headers["x-tenant"]);
        Assert.Equal(("grader", "test"), (receiver.Resource["service.name"], receiver.Resource["deployment.environment"]));
        Assert.Equal(host.Results.GetProperty("programVersion").GetString(), receiver.Resource["service.version"]);
        Assert.Contains(receiver.Spans, span => span.Name == "scenario");
    }

    [VmTheory]
    [InlineData("OTEL_SDK_DISABLED", "true")]
    [InlineData("OTEL_TRACES_SAMPLER", "always_off")]
    [InlineData("OTEL_TRACES_SAMPLER", "parentbased_always_off")]
    [InlineData("OTEL_TRACES_EXPORTER", "none")]
    public async Task Run_TracesSwitchedOff_SendsNoSpan(string variable, string value)
    {
        await using var receiver = await OtlpReceiver.StartAsync(grpc: true);
        var host = await RunAsync(
            receiver.Endpoint, "grpc", [ScenarioFile.Program("hello", "\"/bin/hello\"")], new() { [variable] = value });

        Assert.Equal(0, host.ExitCode);
        Assert.Empty(receiver.Spans);
        Assert.Equal(variable == "OTEL_SDK_DISABLED", receiver.Points.Count == 0);
    }

    [VmFact]
    public async Task Run_SamplerThatDropsTheScenario_DropsAllBelowIt()
    {
        // A ratio of 0 without a parent's say: nothing below may become a trace of its own.
        await using var receiver = await OtlpReceiver.StartAsync(grpc: true);
        var host = await RunAsync(
            receiver.Endpoint, "grpc", [ScenarioFile.Program("hello", "\"/bin/hello\"", """, "Instances": 20 """)],
            new() { ["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio", ["OTEL_TRACES_SAMPLER_ARG"] = "0.5" });

        Assert.Equal(0, host.ExitCode);
        Assert.InRange(receiver.Spans.Select(span => span.Trace).Distinct().Count(), 0, 1);
        Assert.True(receiver.Spans.Count == 0 || receiver.Spans.Count(span => span.Name == "vm") == 20);
    }

    [VmFact]
    public async Task Run_NobodyListens_EndsAllTheSame()
    {
        var host = await RunAsync("http://127.0.0.1:9", "grpc", [ScenarioFile.Program("hello", "\"/bin/hello\"")]);

        Assert.Equal((0, 1), (host.ExitCode, host.Results.GetProperty("startedVms").GetInt32()));
    }

    private static void AssertWholeTrace(IReadOnlyList<ReceivedSpan> spans, JsonElement results, int count)
    {
        var scenario = Assert.Single(spans, span => span.Name == "scenario");
        Assert.Equal("", scenario.Parent);
        Assert.Single(spans.Select(span => span.Trace).Distinct());
        Assert.Equal(spans.Count, spans.Select(span => span.Id).Distinct().Count());

        var byId = spans.ToDictionary(span => span.Id);
        Assert.All(spans.Where(span => span != scenario), span => Assert.Equal(
            span.Name switch { "vm" => "scenario", "vcpu" => "vm", _ => "vcpu" }, byId[span.Parent].Name));
        Assert.All(spans, span => Assert.True(span.Start <= span.End));

        var vms = spans.Where(span => span.Name == "vm").ToList();
        Assert.Equal(count, vms.Select(vm => vm.Attributes["kvm.vm.id"]).Distinct().Count());
        Assert.Equal(count, vms.Count);
        Assert.Equal(count, spans.Count(span => span.Name == "vcpu"));

        // Every exit was to become a span.
        Assert.Equal(Counts(results, "exits"), CountBy(spans, "exit", "kvm.exit.reason"));
        Assert.Equal(Counts(results, "hypercalls"), CountBy(spans, "hypercall", "kvm.hypercall.name"));
    }

    private static void AssertMetricsAgree(IReadOnlyList<ReceivedPoint> points, JsonElement results)
    {
        foreach (var (reason, count) in Counts(results, "exits"))
        {
            (string, string)[] tags = [("kvm.vm.name", "hello"), ("kvm.exit.reason", reason)];
            Assert.Equal(count, Single(points, "kvm.vcpu.exits", tags).Value);
            AssertHistogram("kvm.vcpu.exit.duration", count, tags);
            AssertHistogram("kvm.vcpu.guest.duration", count, tags);

            // The sums agree too, within the buckets' error.
            var mean = results.GetProperty("exits").GetProperty(reason).GetProperty("hostMicros").GetProperty("mean").GetDouble();
            Assert.InRange(Single(points, "kvm.vcpu.exit.duration", tags).Total / count * 1e6, mean * 0.99, mean * 1.01);
        }

        foreach (var (name, count) in Counts(results, "hypercalls"))
        {
            AssertHistogram("kvm.hypercall.duration", count, ("kvm.vm.name", "hello"), ("kvm.hypercall.name", name));
        }

        AssertHistogram("kvm.vm.start.duration", Vms, ("kvm.vm.name", "hello"));
        AssertHistogram("kvmactors.mailbox.wait.duration", Vms, ("kvmactors.message.type", "StartVm"));
        Assert.Equal(0, Single(points, "kvm.vm.active", ("kvm.vm.name", "hello")).Value);
        Assert.InRange(Single(points, "kvmactors.thread.count").Value, 1, 100_000);
        Assert.Equal(results.GetProperty("gcOverlaps").GetInt64(), Single(points, "kvm.vcpu.exits.gc_overlapped", ("kvm.vm.name", "hello")).Value);
        Assert.DoesNotContain(points, point => point.Attributes.ContainsKey("kvm.vm.id"));
        Assert.Contains(points, point => point.Metric == "dotnet.gc.pause.time");

        void AssertHistogram(string metric, long count, params (string, string)[] tags)
        {
            var point = Single(points, metric, tags);
            Assert.Equal(("exponential", count, count), (point.Kind, (long)point.Value, point.BucketSum));
        }
    }

    private static ReceivedPoint Single(IReadOnlyList<ReceivedPoint> points, string metric, params (string Key, string Value)[] tags) =>
        Assert.Single(points, point => point.Metric == metric
            && point.Attributes.Count == tags.Length && tags.All(tag => point.Attributes.GetValueOrDefault(tag.Key) == tag.Value));

    private static SortedDictionary<string, long> Counts(JsonElement results, string kind) => new(
        results.GetProperty(kind).EnumerateObject().ToDictionary(row => row.Name, row => row.Value.GetProperty("count").GetInt64()));

    private static SortedDictionary<string, long> CountBy(IReadOnlyList<ReceivedSpan> spans, string name, string attribute) => new(
        spans.Where(span => span.Name == name).GroupBy(span => span.Attributes[attribute]).ToDictionary(group => group.Key, group => (long)group.Count()));

    private static async Task<Finished> RunAsync(
        string? endpoint, string? protocol, string[] vms, Dictionary<string, string>? environment = null, params string[] arguments)
    {
        using var scenario = new ScenarioFile(vms);
        var json = Path.Combine(scenario.Folder, "out.json");
        environment ??= [];
        if (endpoint is not null)
        {
            environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint;
            environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol!;
        }

        using var host = await HostProcess.RunAsync(environment, ["--scenario", scenario.Path, "--json", json, .. arguments]);
        Assert.True(File.Exists(json), host.Error);
        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(json));
        return new Finished(host.ExitCode, document.RootElement.Clone());
    }

    private sealed record Finished(int ExitCode, JsonElement Results);
}
