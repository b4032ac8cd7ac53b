using Akka.Actor;
using Akka.Event;
using KvmActors.Actors.Telemetry;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Functions;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Tracing;
using KvmActors.Machine.CoreDumps;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Vm;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Actors.Vcpu;

/// <summary>
/// One vCPU, on a thread of its own for its whole life: a vCPU wants its calls from one thread, and blocks it while it runs.
/// Idle → (CreateVcpu) confined and ready → (RunVcpu) running, in that message's handler → ended, and reset where there is a template →
/// (RunVcpu) running again.
/// </summary>
internal sealed partial class VcpuActor : ReceiveActor
{
    /// <summary>The name of the dispatcher that gives each of these actors a thread.</summary>
    public const string Dispatcher = "vcpu-dispatcher";

    private const int MaxSamples = 1024;

    private readonly int _index;
    private readonly VcpuEnvironment _environment;
    private IVcpu? _vcpu;
    private VcpuSnapshot? _fresh;

    // Where it stands, or began its last run; null where there is no template.
    private VmTemplate? _at;

    public VcpuActor(int index, VcpuEnvironment environment)
    {
        environment.Services.Faults?.Check(nameof(VcpuActor));
        _index = index;
        _environment = environment;
        Receive<CreateVcpu>(Create);
        Receive<RunVcpu>(Run);
    }

    protected override void PostStop() => _vcpu?.Dispose();

    private void Create(CreateVcpu message)
    {
        _environment.Services.Faults?.Check(nameof(VcpuActor), nameof(CreateVcpu));
        var vm = _environment.Vm;
        try
        {
            // This thread serves no other VM, before or after.
            _environment.Sandbox?.Enter();
            _vcpu = _environment.IsFromBeginning(_index) ? message.Template?.CreateVcpu(vm, _index) ?? vm.CreateVcpu(_index) : CreateFresh(vm);
            _at = message.Template;
            _environment.Stop.Attach(_vcpu);
            vm.Vcpus.Add(_vcpu);
            Context.GetLogger().Debug("created");
            Sender.Tell(new VcpuReady(_index));
        }
        catch (SystemCallException e)
        {
            var state = vm.BootStates.ElementAtOrDefault(_index);
            Sender.Tell(new VcpuFailed(_index, state is null ? e.Message : $"{e.Message}; it was to start at {state}"));
        }
        catch (Exception e)
        {
            Context.GetLogger().Error(e, "the vCPU could not be created for a reason that nobody foresaw");
            Sender.Tell(new VcpuFailed(_index, e.Message.ReplaceLineEndings(" ")));
        }
    }

    // For the guest to start.
    private IVcpu CreateFresh(VirtualMachine vm)
    {
        var vcpu = vm.CreateResetVcpu(_index);
        try
        {
            _fresh = _environment.Templates is null ? null : vcpu.SaveState();
            return vcpu;
        }
        catch
        {
            vcpu.Dispose();
            throw;
        }
    }

    private void Run(RunVcpu message)
    {
        _environment.Services.Faults?.Check(nameof(VcpuActor), nameof(RunVcpu));
        if (_vcpu is not { } vcpu)
        {
            Sender.Tell(new VcpuFailed(_index, $"vCPU {_index} was to run before it was created"));
            return;
        }

        KvmTelemetry.MessageHandled(nameof(RunVcpu), message.Sent);
        using var span = KvmTelemetry.StartSpan("vcpu", message.Parent);
        span?.SetTag("kvm.vm.id", message.Console.Vm);
        span?.SetTag("kvm.vcpu.index", _index);

        using var serving = Begin(vcpu, message);
        var session = CreateSession(vcpu, message, isTraced: span is not null, serving);
        _environment.Services.Progress?.Register(session.Statistics);
        KvmTelemetry.VcpuEntered(_environment.Vm.Plan.Spec.Name, session.Statistics);
        var end = RunSession(session);
        KvmTelemetry.VcpuLeft(session.Statistics);
        _environment.Services.Progress?.Unregister(session.Statistics);
        if (span is not null)
        {
            if (end.Kind == VcpuEndKind.Stopped)
            {
                KvmTelemetry.AddEvent(span, "kicked", _environment.Stop.RequestedAt);
            }

            if (end.Kind == VcpuEndKind.Crashed)
            {
                KvmTelemetry.SetError(span, end.Kind.ToString(), end.Message);
            }

            KvmTelemetry.EmitExitSpans(session.Sampler, span);
        }

        var thread = _environment.Vm.Plan.Spec.Image.StartsVcpus ? ProgramThreads.Find(_environment.Vm.Memory, _index) : null;
        Sender.Tell(Reset(vcpu, new VcpuEnded(_index, end, session.Entered, session.Left, session.Statistics)
        {
            Thread = thread,
            Registers = Inspect(() => (kvm_regs?)vcpu.GetRegisters()),
            Crash = end.Kind is VcpuEndKind.Crashed or VcpuEndKind.Reached ? Inspect(() => CrashInspector.Inspect(vcpu, _environment.Vm.Memory, end.Message ?? ""))
                : end.Program is { } program ? Inspect(() => CrashInspector.Inspect(vcpu, _environment.Vm.Memory, end.Message ?? "", program))
                : null,
            Core = _environment.Services.Cores is not null ? Inspect(() => CoreThread.Of(vcpu)) : null,
            Recording = session.FinishRecording() is { } recording ? recording with { ThreadName = thread?.Name } : null,
        }));
    }

    private VcpuSession CreateSession(IVcpu vcpu, RunVcpu message, bool isTraced, ServingPoint? serving)
    {
        var (services, gate, templates) = (_environment.Services, _environment.Gate, _environment.Templates);
        FunctionCalls? functions = null;
        return new VcpuSession(_environment.Vm, vcpu, message.Console, _environment.Stop, new VcpuSessionOptions
        {
            Hypercalls = context =>
            {
                var handler = new HypercallHandler(context, gate, templates)
                {
                    Trace = services.Syscalls is { } lines ? new SyscallTracer(context.Memory, message.Console.Vm, lines) : null,
                    Words = _environment.Vm.Plan.Spec.Image.StartsVcpus ? message.Own?.Words : null,
                    EndsWhenReady = message.Own is { EndsWhenReady: true },
                };
                functions = message.Own?.Functions is { } exchange ? handler.ServeFunctions(exchange, serving) : null;
                return handler;
            },
            BeforeEntry = serving is { IsKept: true } ? () => functions?.BeginServing() : null,
            Sampling = services.Sampling,
            MaxSamples = isTraced ? MaxSamples : 0,
            Recording = services.Recording,
            Origin = message.Origin,
            Observer = services.Observer,
            Debugger = services.FindDebugger(message.Console.Vm),
            Until = services.Until,
            Instructions = services.Instructions,
            Budget = message.Budget,
            AwaitsStart = !_environment.IsFromBeginning(_index),
        });
    }

    private static VcpuEnd RunSession(VcpuSession session)
    {
        try
        {
            return session.Run();
        }
        catch (SystemCallException e)
        {
            return new VcpuEnd(VcpuEndKind.Crashed, Message: e.Message);
        }
        catch (Exception e)
        {
            // Whatever it was, it concerns this VM alone: its actor decides.
            Context.GetLogger().Error(e, "the vCPU stopped for a reason that nobody foresaw");
            return new VcpuEnd(VcpuEndKind.Crashed, Message: e.Message.ReplaceLineEndings(" "));
        }
    }

    // Before the VM hears of the end: what the processor still does for the old guest, it does to the old memory.
    private VcpuEnded Reset(IVcpu vcpu, VcpuEnded ended)
    {
        if (ended.End.Kind == VcpuEndKind.Crashed || _environment.Stop.ClosesVm || _environment.Templates?.Furthest is not { } template)
        {
            return ended;
        }

        _at = template;

        try
        {
            return (_fresh is null ? template.TryReset(vcpu) : vcpu.TryRestoreState(_fresh))
                ? ended with { ResetTo = template }
                : ended with { ResetProblem = $"vCPU {_index}: its last instruction cannot be completed" };
        }
        catch (SystemCallException e)
        {
            return ended with { ResetProblem = e.Message };
        }
    }

    // After a failure the vCPU may not answer either; then the report does without.
    private static T? Inspect<T>(Func<T> question)
    {
        try
        {
            return question();
        }
        catch (SystemCallException)
        {
            return default;
        }
    }
}
