using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Vm;

namespace KvmActors.Machine.WarmStart;

/// <summary>
/// A moment that VMs of one description start from: what memory holds, and a snapshot of each vCPU. Either before the first
/// instruction, or when the guest kernel was about to run its program. Shared by all these VMs; the snapshots are added later,
/// when the first of each vCPU was made.
/// </summary>
public sealed class VmTemplate : IDisposable
{
    private readonly IBootPlan _plan;
    private readonly VcpuSnapshot?[] _vcpus;

    private VmTemplate(IBootPlan plan, MemoryTemplate memory)
    {
        _plan = plan;
        Memory = memory;
        _vcpus = new VcpuSnapshot?[plan.Spec.VcpusAtStart];
    }

    /// <summary>What memory holds.</summary>
    public MemoryTemplate Memory { get; }

    /// <summary>How vCPUs start of which there is no snapshot yet, by index; empty when the kernel has booted.</summary>
    public IReadOnlyList<VcpuBootState> BootStates { get; private init; } = [];

    /// <summary>Whether the guest's kernel has booted.</summary>
    public bool IsBooted => BootStates.Count == 0;

    /// <summary>The bytes that are random, and so must be others in every VM.</summary>
    public MemoryRange? Random { get; private init; }

    /// <summary>The moment before the first instruction.</summary>
    /// <exception cref="SystemCallException">The memory could not be made.</exception>
    public static VmTemplate BeforeBoot(IBootPlan plan)
    {
        IReadOnlyList<VcpuBootState> states = [];
        var memory = MemoryTemplate.Create(plan.Ranges, fresh => states = plan.Apply(fresh));
        return new VmTemplate(plan, memory) { BootStates = states };
    }

    /// <summary>This moment of a VM with one vCPU, which must be the caller's.</summary>
    /// <param name="plan">What the VM was made by.</param>
    /// <param name="vcpu">The vCPU, after an exit.</param>
    /// <param name="memory">Its memory.</param>
    /// <param name="random">The bytes that are random; null for none.</param>
    /// <exception cref="SystemCallException">The host refused a part of it.</exception>
    /// <exception cref="IOException">The system does not tell which pages were written.</exception>
    public static VmTemplate Booted(IBootPlan plan, IVcpu vcpu, GuestMemory memory, MemoryRange? random)
    {
        // The vCPU first: completing its instruction may be the last thing that writes to memory.
        var snapshot = vcpu.SaveState();
        var template = new VmTemplate(plan, MemoryTemplate.Capture(memory)) { Random = random };
        template.Keep(0, snapshot);
        return template;
    }

    /// <summary>Makes a VM that starts here; its memory is this one's, copied where it is written.</summary>
    /// <param name="hypervisor">What makes it.</param>
    /// <param name="step">Told of each step that is done; null when nobody looks.</param>
    /// <exception cref="SystemCallException">The host refused.</exception>
    public VirtualMachine CreateVm(IHypervisor hypervisor, Action<string>? step = null)
    {
        var vm = VirtualMachine.Create(
            hypervisor,
            _plan,
            () => GuestMemory.Map(Memory, _plan.Spec.MemoryAdvice),
            _ =>
            {
                step?.Invoke("memory mapped copy-on-write");
                return BootStates;
            },
            step);
        vm.TakeRandomBytes(Random);
        return vm;
    }

    /// <summary>Makes a vCPU of a VM that starts here. The first of each index is made from its boot state, and its snapshot kept.</summary>
    /// <exception cref="SystemCallException">The host refused.</exception>
    public IVcpu CreateVcpu(VirtualMachine vm, int index)
    {
        if (SnapshotOf(index) is not { } snapshot)
        {
            var first = vm.CreateVcpu(index);
            Keep(index, first.SaveState());
            return first;
        }

        var vcpu = vm.CreateResetVcpu(index);
        vcpu.TryRestoreState(snapshot);
        return vcpu;
    }

    /// <summary>Puts a vCPU back to this moment, on its own thread, when it has left the guest for good.</summary>
    /// <returns>False when there is no snapshot, or its last instruction cannot be completed.</returns>
    /// <exception cref="SystemCallException">The host refused.</exception>
    public bool TryReset(IVcpu vcpu) => SnapshotOf(vcpu.Index) is { } snapshot && vcpu.TryRestoreState(snapshot);

    /// <summary>Puts a VM's memory back to this moment: after its vCPUs, which may still write to it while their last instruction is completed.</summary>
    /// <exception cref="SystemCallException">The host refused; the VM is of no further use.</exception>
    public void Reset(VirtualMachine vm)
    {
        vm.ForgetPageTables();
        vm.Memory.ResetTo(Memory);
        vm.TakeRandomBytes(Random);
    }

    /// <inheritdoc/>
    public void Dispose() => Memory.Dispose();

    private VcpuSnapshot? SnapshotOf(int vcpu) => Volatile.Read(ref _vcpus[vcpu]);

    private void Keep(int vcpu, VcpuSnapshot snapshot) => Interlocked.CompareExchange(ref _vcpus[vcpu], snapshot, null);
}
