using System.Diagnostics;
using System.IO.Hashing;
using System.Text;
using Akka.Actor;
using KvmActors.Actors.Results;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vcpu;
using KvmActors.Interop.Sandbox;
using KvmActors.Linux.Calls;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Vm;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Actors.Vm;

/// <summary>
/// One run in a VM's slot, from being asked for to its result: what the VM's actor knows of it. The slot outlives it and may take
/// in others. Belongs to the <see cref="VmActor"/>.
/// </summary>
internal sealed class VmInstance
{
    private readonly List<VcpuEnded> _ended = [];
    private readonly VmStopSignal? _stop;

    public VmInstance(StartVm message, IActorRef supervisor, VmSpec spec, VmServices services, VmStopSignal? stop = null)
    {
        _stop = stop;
        Id = message.Id;
        Supervisor = supervisor;
        Parent = message.Parent;
        Variant = message.Variant;
        Seed = SeedOf(spec.Seed, message.Id, message.Restarts);
        Grace = message.ShutdownGrace;
        Backend = services.FindHypervisor(spec.Backend)?.Backend ?? spec.Backend;
        Asked = message.Sent;
        Origin = message.Origin == 0 ? message.Sent : message.Origin;
        Own = message.Own;
        Use = new VmUse(message.Id, spec, Own?.Output ?? services.Output, stop, Own?.Limits);
        Operations = services.Recording is { TimelineExits: > 0 and var room } ? new OperationLog(room) : null;
        Span = KvmTelemetry.StartSpan("vm", message.Parent, link: message.RunBefore);
        Happened = new SpanEvents(Span);
        Span?.SetTag("kvm.vm.id", message.Id);
        Span?.SetTag("kvm.vm.name", spec.Name);
        if (message.Restarts > 0)
        {
            Span?.SetTag("kvm.vm.restarts", message.Restarts);
        }
    }

    /// <summary>What it is called.</summary>
    public string Id { get; }

    /// <summary>Who asked for it.</summary>
    public IActorRef Supervisor { get; }

    /// <summary>What it has of its own; null when it is like all others.</summary>
    public VmVariant? Variant { get; }

    /// <summary>What it has of its own, where it was started by itself; null when it is as described.</summary>
    public GuestStart? Own { get; }

    /// <summary>What executes its instructions.</summary>
    public Backend Backend { get; }

    /// <summary>The span of its scenario.</summary>
    public ActivityContext Parent { get; }

    /// <summary>Its own span; null when nobody listens.</summary>
    public Activity? Span { get; }

    /// <summary>What happened to it, for its span.</summary>
    public SpanEvents Happened { get; }

    /// <summary>When it was asked for, in <see cref="Stopwatch"/> ticks.</summary>
    public long Asked { get; }

    /// <summary>The scenario's start, in <see cref="Stopwatch"/> ticks.</summary>
    public long Origin { get; }

    /// <summary>How long its vCPUs may take to stop when they are told to.</summary>
    public TimeSpan Grace { get; }

    /// <summary>What it uses of its limits.</summary>
    public VmUse Use { get; }

    /// <summary>Its standard streams.</summary>
    public GuestConsole Console => Use.Console;

    /// <summary>What is noted of calls that were queued; null when nobody wants to know.</summary>
    public OperationLog? Operations { get; }

    /// <summary>What confines its vCPUs' threads; null when that was never settled, or nothing does.</summary>
    public SandboxState? Sandbox { get; set; }

    /// <summary>How it started.</summary>
    public VmStart Start { get; private set; }

    /// <summary>Why it started cold; null when it did not.</summary>
    public string? ColdReason { get; private set; }

    /// <summary>What ended it before its vCPUs ended by themselves; null when nothing did.</summary>
    public VmVerdict? Verdict { get; set; }

    /// <summary>Whether it was one of its own vCPUs that ended it: the same would happen again.</summary>
    public bool IsEndedFromInside { get; set; }

    /// <summary>What its random numbers come of, where its machine has its own.</summary>
    public ulong Seed { get; }

    /// <summary>Whether its files are open, or never will be.</summary>
    public bool IsOpen { get; set; }

    /// <summary>The actors of the vCPUs that were told to run, and have neither told how they ended nor died.</summary>
    public HashSet<IActorRef> Awaited { get; } = [];

    /// <summary>Whether something of it has not ended.</summary>
    public bool IsStuck => !IsOpen || Awaited.Count > 0;

    /// <summary>What its vCPUs are told to begin.</summary>
    public RunVcpu? Run { get; set; }

    /// <summary>The vCPUs that have stopped.</summary>
    public IReadOnlyList<VcpuEnded> Ended => _ended;

    /// <summary>Takes note that it starts warm.</summary>
    public void StartsWarm() => Start = VmStart.Warm;

    /// <summary>Takes note that it starts cold.</summary>
    public void StartsCold(string reason) => (Start, ColdReason) = (VmStart.Cold, reason);

    /// <summary>Takes note that a vCPU has stopped.</summary>
    public void Add(VcpuEnded ended) => _ended.Add(ended);

    /// <summary>Makes what its supervisor is told of its end, and counts it.</summary>
    /// <param name="spec">What it is an instance of.</param>
    /// <param name="vm">Its machine; null when there was none.</param>
    /// <param name="isRecorded">Whether what was kept of its exits is wanted.</param>
    public VmEnded End(VmSpec spec, VirtualMachine? vm, bool isRecorded)
    {
        // The vCPU has let go of its own, so one vCPU's are the VM's.
        var statistics = _ended is [var only] ? only.Statistics : ExitStatistics.SumOf(_ended.Select(vcpu => vcpu.Statistics));
        var result = Finish(spec, vm, statistics);
        if (result.StartDuration > TimeSpan.Zero)
        {
            KvmTelemetry.VmEntered(spec.Name, result.StartDuration);
        }

        KvmTelemetry.VmEnded(spec.Name, result.Outcome, result.IsSuccess, result.RunDuration);

        return new VmEnded(result, statistics) { Span = Span?.Context ?? default, Recording = isRecorded ? Record() : null };
    }

    /// <summary>Makes its result, at its end.</summary>
    /// <param name="spec">What it is an instance of.</param>
    /// <param name="vm">Its machine; null when there was none.</param>
    /// <param name="statistics">What its vCPUs did, together.</param>
    public VmResult Finish(VmSpec spec, VirtualMachine? vm, ExitStatistics statistics)
    {
        var result = VmResults.Summarise(Id, spec.Name, Asked, Verdict, _ended);
        var trace = _ended.Count == 0 ? null : vm?.Trace;
        result = result with
        {
            Limits = Use.Report(statistics.ExitCount, statistics.CallCount, result.RunDuration, vm?.Memory, trace?.Instructions),
            Instructions = trace?.Instructions,
            UnknownInstructions = trace?.UnknownInstructions ?? result.UnknownInstructions,
            TraceHash = IsEndedFromInside || _ended.All(vcpu => vcpu.End.Kind != VcpuEndKind.Stopped) ? trace?.Hash : null,
            StopDuration = _stop is { IsRequested: true } && _ended.Any(vcpu => vcpu.Left >= _stop.RequestedAt)
                ? Stopwatch.GetElapsedTime(_stop.RequestedAt, _ended.Max(vcpu => vcpu.Left)) : null,
            Backend = Backend,
            Start = Start,
            ColdReason = ColdReason,
            Sandbox = Sandbox,
            Crash = result.Crash is { } crash ? crash with { ProgramFile = ProgramFiles.Find(spec) } : null,
            Expected = spec.Expected,
            Devices = vm?.Devices.Reports ?? [],
            MissingSystemCalls = CallNames.OfMissing(statistics.MissingCalls),
            ReadBack = [.. spec.ReadBack.Select(wanted => Read(vm, wanted))],
            Times = new VmTimes(
                Stopwatch.GetElapsedTime(Origin, Asked),
                _ended.Count == 0 ? null : Stopwatch.GetElapsedTime(Origin, _ended.Min(vcpu => vcpu.Entered)),
                Stopwatch.GetElapsedTime(Origin)),
        };
        if (_ended.Count > 0)
        {
            Happened.Add("first entry", _ended.Min(vcpu => vcpu.Entered));
        }

        KvmTelemetry.SetOutcome(Span, result.Outcome, result.IsSuccess, result.Message);
        return result;
    }

    /// <summary>What was kept of its exits.</summary>
    public VmRecording Record()
    {
        var (operations, dropped) = Operations?.Read() ?? ([], 0);
        return new VmRecording([.. _ended.OrderBy(ended => ended.Index).Select(ended => ended.Recording).OfType<VcpuRecording>()], operations, dropped);
    }

    private static ulong SeedOf(long seed, string id, int restarts) =>
        XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(id), seed) + (ulong)restarts;

    private static MemoryDump Read(VirtualMachine? vm, ReadBackSpec wanted) => new(
        wanted.Address.Value,
        vm is not null && vm.Memory.TryGetSpan(wanted.Address, (ulong)wanted.Length, out var bytes) ? bytes.ToArray() : []);
}
