using Akka.Actor;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Vcpu;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Sandbox;
using KvmActors.Linux.Syscalls;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Vm;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Actors.Vm;

/// <summary>
/// Everything of a VM that outlives one instance: its machine, the gate to what its programs have at the host, and the actors
/// of its parts. Belongs to the <see cref="VmActor"/>; dispose when all of these actors have stopped.
/// </summary>
internal sealed class VmSlot : IDisposable
{
    private readonly VmStopSignal _stop;
    private readonly List<IActorRef> _vcpus = [];
    private readonly Dictionary<int, IActorRef> _started = [];
    private VcpuEnvironment? _environment;

    /// <summary>Makes a slot without actors.</summary>
    /// <param name="vm">The machine.</param>
    /// <param name="stop">What ends its vCPUs.</param>
    public VmSlot(VirtualMachine vm, VmStopSignal stop)
    {
        _stop = stop;
        Vm = vm;
        Gate = new SyscallGate(Queue);
    }

    /// <summary>The machine.</summary>
    public VirtualMachine Vm { get; }

    /// <summary>Those who find the gate taken.</summary>
    public HypercallQueue Queue { get; } = new();

    /// <summary>The way to what its programs have at the host.</summary>
    public SyscallGate Gate { get; }

    /// <summary>The actors of its vCPUs.</summary>
    public IReadOnlyList<IActorRef> Vcpus => _vcpus;

    /// <summary>What confines its vCPUs' threads; null for nothing.</summary>
    public SandboxState? Sandbox { get; private set; }

    /// <summary>Makes the actors of its parts, as watched children of the VM's actor; they do nothing yet.</summary>
    /// <param name="context">The VM's actor.</param>
    /// <param name="spec">The VM.</param>
    /// <param name="services">What it needs from outside.</param>
    /// <param name="templates">What instances start from; null when each starts cold.</param>
    /// <param name="sandbox">What its vCPUs' threads are confined with; null for nothing.</param>
    public void CreateActors(IActorContext context, VmSpec spec, VmServices services, VmTemplates? templates, ThreadSandbox? sandbox)
    {
        Sandbox = sandbox?.State;
        var (vm, gate, stop, faults) = (Vm, Gate, _stop, services.Faults);
        var hypercalls = Props.Create(() => new HypercallActor(spec, vm.Memory, gate, stop, faults, sandbox, vm.Clock, vm.Random, vm.Vcpus)).WithDispatcher(VmActor.Dispatcher);
        Queue.Actor = context.Watch(context.ActorOf(hypercalls, "hypercalls"));
        _environment = new VcpuEnvironment(Vm, Gate, _stop, services, templates, sandbox);
        for (var index = 0; index < spec.Machine.VcpusAtStart; index++)
        {
            _vcpus.Add(CreateVcpu(context, index, services));
        }

        var vmActor = context.Self;
        Vm.Vcpus.Processors = spec.Processors;
        Vm.Vcpus.Share = Vm.Clock is null && spec.Machine.Image.StartsVcpus ? ProcessorShare.Choose(spec.Processors) : null;
        Vm.Vcpus.First = spec.Machine.VcpusAtStart;
        Vm.Vcpus.Limit = spec.Machine.VcpusAtStart + spec.Machine.MaxThreads - 1;
        Vm.Vcpus.Bring = index => vmActor.Tell(new BringVcpu(index), ActorRefs.NoSender);
    }

    /// <summary>The actor of a vCPU that the guest starts; null when it has none yet.</summary>
    public IActorRef? FindStarted(int vcpu) => _started.GetValueOrDefault(vcpu);

    /// <summary>Makes the actor of a vCPU that the guest starts, as a watched child of the VM's actor.</summary>
    /// <exception cref="SystemCallException">There is no thread for it.</exception>
    public IActorRef CreateStarted(IActorContext context, int vcpu, VmServices services) => _started[vcpu] = CreateVcpu(context, vcpu, services);

    /// <summary>Lets go of an actor that could not make its vCPU.</summary>
    public void Forget(IActorContext context, int vcpu)
    {
        if (_started.Remove(vcpu, out var actor))
        {
            context.Stop(context.Unwatch(actor));
        }
    }

    private IActorRef CreateVcpu(IActorContext context, int index, VmServices services)
    {
        var environment = _environment!;
        var props = Props.Create(() => new VcpuActor(index, environment)).WithDispatcher(VcpuActor.Dispatcher);
        return context.Watch(CreateThread(() => context.ActorOf(props, $"vcpu-{index}"), index, services));
    }

    // .NET says that memory is short when it gets no thread, and keeps the number of the error to itself.
    private static IActorRef CreateThread(Func<IActorRef> create, int vcpu, VmServices services)
    {
        try
        {
            services.Faults?.Check(nameof(VmSlot), nameof(VcpuActor));
            return create();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            throw new SystemCallException("pthread_create", Errno.EAGAIN, $"vCPU {vcpu}'s thread (see ulimit -u, and pids.max of the control group)");
        }
    }

    /// <summary>Resets the VM for the next instance, when everything of the last one went well.</summary>
    /// <param name="ended">How its vCPUs ended.</param>
    /// <param name="problem">Why it could not be reset; null when it could, or was never to be.</param>
    public bool TryReset(IReadOnlyList<VcpuEnded> ended, out string? problem)
    {
        problem = ended.Select(vcpu => vcpu.ResetProblem).FirstOrDefault(found => found is not null);
        if (ended.Count(vcpu => vcpu.Index < Vm.Plan.Spec.VcpusAtStart) != Vm.Plan.Spec.VcpusAtStart || ended[0].ResetTo is not { } template || ended.Any(vcpu => vcpu.ResetTo != template))
        {
            return false;
        }

        if (Vm.Memory.IsLent)
        {
            problem = "its memory is still lent to somebody";
            return false;
        }

        if (!Gate.TryRetire())
        {
            problem = "a call was still being served";
            return false;
        }

        try
        {
            template.Reset(Vm);
            Vm.Vcpus.Renew();
            _stop.Renew();
            return true;
        }
        catch (SystemCallException e)
        {
            problem = e.Message;
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Vm.Dispose();
}
