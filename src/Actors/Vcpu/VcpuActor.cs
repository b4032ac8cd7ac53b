using System.Diagnostics;
using Akka.Actor;
using KvmActors.Actors.Boot;
using KvmActors.Actors.Devices;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Output;
using KvmActors.Actors.Recording;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vm;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Vcpu;

/// <summary>Asks for the vCPU to be created; answered with <see cref="VcpuReady"/> or <see cref="VcpuFailed"/>.</summary>
/// <param name="State">What its registers hold at entry; null when the template knows.</param>
/// <param name="Template">What its VM starts from; null when its memory was filled for it alone.</param>
internal sealed record CreateVcpu(VcpuBootState? State, VmTemplate? Template);

/// <summary>The vCPU exists and can run.</summary>
internal sealed record VcpuReady(int Index);

/// <summary>The vCPU could not be created.</summary>
internal sealed record VcpuFailed(int Index, string Message);

/// <summary>Runs the vCPU; answered with <see cref="VcpuEnded"/> when it has stopped.</summary>
/// <param name="Parent">The span of its VM.</param>
/// <param name="Environment">What it shares with the VM's other parts, this time.</param>
internal sealed record RunVcpu(ActivityContext Parent, VcpuEnvironment Environment)
{
    /// <summary>When it was sent, in <see cref="Stopwatch"/> ticks.</summary>
    public long Sent { get; init; } = Stopwatch.GetTimestamp();
}

/// <summary>The vCPU has stopped.</summary>
/// <param name="Index">Its number.</param>
/// <param name="End">How.</param>
/// <param name="Entered">When it first entered the guest, in <see cref="Stopwatch"/> ticks.</param>
/// <param name="Left">When it left for good, in <see cref="Stopwatch"/> ticks.</param>
/// <param name="Statistics">What it did; its writer has let go of it.</param>
internal sealed record VcpuEnded(int Index, VcpuEnd End, long Entered, long Left, ExitStatistics Statistics)
{
    /// <summary>When it was sent, in <see cref="Stopwatch"/> ticks.</summary>
    public long Sent { get; init; } = Stopwatch.GetTimestamp();

    /// <summary>Its general registers at the end; null when KVM did not give them.</summary>
    public kvm_regs? Registers { get; init; }

    /// <summary>What it looked like when it crashed; null when it did not.</summary>
    public CrashReport? Crash { get; init; }

    /// <summary>What was kept of its exits; null when nothing was asked for.</summary>
    public VcpuRecording? Recording { get; init; }

    /// <summary>The template whose state it has again; null when it was not made new.</summary>
    public VmTemplate? RestoredTo { get; init; }
}

/// <summary>What a vCPU shares with the other parts of its VM.</summary>
internal sealed record VcpuEnvironment(
    string VmId, KvmVm Vm, GuestMemory Memory, FileQueue Files, GuestConsole Console, IReadOnlyList<DeviceSpec> DeviceSpecs,
    DeviceBoard Devices, VmStopSignal Stop, ExitSamplingOptions Sampling, IVcpuObserver? Observer, VmTemplates? Templates)
{
    /// <summary>What to keep of exits; null for nothing.</summary>
    public RecordingOptions? Recording { get; init; }

    /// <summary>The scenario's start, in <see cref="Stopwatch"/> ticks.</summary>
    public long Origin { get; init; }

    /// <summary>Where running vCPUs are seen; null when nobody looks.</summary>
    public ScenarioProgress? Progress { get; init; }
}

/// <summary>
/// One vCPU, on a thread of its own for its whole life: KVM wants a vCPU's calls from one thread, and in KVM_RUN it blocks.
/// Idle → (CreateVcpu) ready → (RunVcpu) running, in that message's handler → ended, and made new where there is a template →
/// (RunVcpu) running again.
/// </summary>
internal sealed class VcpuActor : ReceiveActor
{
    /// <summary>The name of the dispatcher that gives each of these actors a thread.</summary>
    public const string Dispatcher = "vcpu-dispatcher";

    private const int MaxSamples = 1024;

    private readonly int _index;
    private VcpuEnvironment _environment;
    private KvmVcpu? _vcpu;

    public VcpuActor(int index, VcpuEnvironment environment)
    {
        _index = index;
        _environment = environment;
        Receive<CreateVcpu>(Create);
        Receive<RunVcpu>(Run);
    }

    protected override void PostStop() => _vcpu?.Dispose();

    private void Create(CreateVcpu message)
    {
        try
        {
            _vcpu = _environment.Vm.CreateVcpu(_index);
            Begin(_vcpu, message);
            _environment.Stop.Attach(_vcpu);
            Sender.Tell(new VcpuReady(_index));
        }
        catch (KvmException e)
        {
            Sender.Tell(new VcpuFailed(_index, message.State is null ? e.Message : $"{e.Message}; it was to start at {message.State}"));
        }
    }

    private void Begin(KvmVcpu vcpu, CreateVcpu message)
    {
        if (message.Template?.StateOf(_index) is { } state)
        {
            vcpu.TryRestoreState(state);
            return;
        }

        message.State!.ApplyTo(vcpu);
        message.Template?.Keep(_index, vcpu.SaveState());
    }

    private void Run(RunVcpu message)
    {
        if (_vcpu is not { } vcpu)
        {
            Sender.Tell(new VcpuFailed(_index, $"vCPU {_index} was to run before it was created"));
            return;
        }

        KvmTelemetry.MessageHandled(nameof(RunVcpu), message.Sent);
        _environment = message.Environment;
        using var span = KvmTelemetry.StartSpan("vcpu", message.Parent);
        span?.SetTag("kvm.vm.id", _environment.VmId);
        span?.SetTag("kvm.vcpu.index", _index);

        HistogramRows.Shared.Refill();
        var statistics = new ExitStatistics(HistogramRows.Shared);
        var sampler = new ExitSampler(_environment.Sampling, span is null ? 0 : MaxSamples);
        var console = new ConsoleDevice(_environment.Console, _environment.DeviceSpecs);
        var recorder = _environment.Recording is { } recording ? new ExitRecorder(recording, _environment.Origin, _environment.Memory) : null;

        _environment.Progress?.Register(statistics);
        vcpu.BindToCurrentThread();
        var entered = Stopwatch.GetTimestamp();
        var end = RunLoop(vcpu, console, statistics, sampler, recorder);
        var left = Stopwatch.GetTimestamp();
        vcpu.Unbind();
        console.Flush();
        _environment.Progress?.Unregister(statistics);
        if (span is not null)
        {
            if (end.Kind == VcpuEndKind.Stopped)
            {
                KvmTelemetry.AddEvent(span, "kicked", _environment.Stop.RequestedAt);
            }

            KvmTelemetry.EmitExitSpans(sampler, span);
        }

        var ended = new VcpuEnded(_index, end, entered, left, statistics)
        {
            Registers = Ask(() => (kvm_regs?)vcpu.GetRegisters()),
            Crash = end.Kind == VcpuEndKind.Crashed ? Ask(() => CrashInspector.Inspect(vcpu, _environment.Memory, end.Message ?? "")) : null,
            Recording = recorder?.Finish(_index, entered, left),
        };
        Sender.Tell(end.Kind == VcpuEndKind.Crashed ? ended : ended with { RestoredTo = Ask(() => Restore(vcpu)) });
    }

    // Before the VM hears of the end: what KVM still does for the old guest, it does to the old memory.
    private VmTemplate? Restore(KvmVcpu vcpu) =>
        _environment.Templates?.Current is { } template && template.StateOf(_index) is { } state && vcpu.TryRestoreState(state) ? template : null;

    private VcpuEnd RunLoop(KvmVcpu vcpu, ConsoleDevice console, ExitStatistics statistics, ExitSampler sampler, ExitRecorder? recorder)
    {
        var hypercalls = new HypercallHandler(vcpu, _environment.Memory, _environment.Files, _environment.Stop, statistics, _environment.Templates) { Recorder = recorder };
        var dispatcher = new ExitDispatcher(vcpu, _environment.Memory, _environment.Devices, console, hypercalls);
        VcpuLoop.ExitObserver? observer = _environment.Observer is { } watching
            ? (in VcpuExit exit) => watching.Exited(_environment.VmId, exit, vcpu, _environment.Memory)
            : null;
        try
        {
            if (_environment.Observer is { Steps: > 0 and var steps })
            {
                vcpu.SetDebug(new VcpuDebug { SingleStep = true });
                dispatcher.ExpectSteps(steps);
            }

            return new VcpuLoop(vcpu, dispatcher, hypercalls, _environment.Stop, statistics, sampler)
            {
                Observer = observer,
                Recorder = recorder,
            }.Run();
        }
        catch (Exception e)
        {
            // Whatever it was, it concerns this VM alone: its actor decides.
            return new VcpuEnd(VcpuEndKind.Crashed, Message: e.Message);
        }
    }

    // After a failure KVM may not answer either; then the report does without.
    private static T? Ask<T>(Func<T> question)
    {
        try
        {
            return question();
        }
        catch (KvmException)
        {
            return default;
        }
    }
}
