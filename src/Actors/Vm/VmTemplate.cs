using KvmActors.Actors.Boot;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Vm;

/// <summary>
/// A moment that VMs of one description start from: what memory holds, and each vCPU's state. Either before the first
/// instruction, or when the guest kernel was about to run its program. Shared by all these VMs; only its vCPUs' states are
/// added later, when the first of each was made.
/// </summary>
internal sealed class VmTemplate : IDisposable
{
    private readonly VcpuState?[] _vcpus;

    private VmTemplate(MemoryTemplate memory, int vcpus)
    {
        Memory = memory;
        _vcpus = new VcpuState?[vcpus];
    }

    /// <summary>What memory holds.</summary>
    public MemoryTemplate Memory { get; }

    /// <summary>How vCPUs start whose state nobody has saved yet, by index; empty when the kernel has booted.</summary>
    public IReadOnlyList<VcpuBootState> BootStates { get; private init; } = [];

    /// <summary>Whether the guest's kernel has booted.</summary>
    public bool IsBooted => BootStates.Count == 0;

    /// <summary>The bytes that are random, and so must be others in every VM.</summary>
    public MemoryRange? Random { get; private init; }

    /// <summary>The moment before the first instruction.</summary>
    /// <exception cref="KvmException">The memory could not be made.</exception>
    public static VmTemplate BeforeBoot(VmSpec spec)
    {
        var plan = BootPlans.For(spec);
        IReadOnlyList<VcpuBootState> states = [];
        var memory = MemoryTemplate.Create(plan.Ranges, fresh => states = plan.Apply(fresh));
        return new VmTemplate(memory, spec.Vcpus) { BootStates = [.. states.Select(state => state with { Overrides = spec.Registers })] };
    }

    /// <summary>This moment of a VM with one vCPU, which must be the caller's.</summary>
    /// <param name="vcpu">The vCPU, after an exit.</param>
    /// <param name="memory">Its memory.</param>
    /// <param name="random">The bytes that are random.</param>
    /// <exception cref="KvmException">KVM or the system refused a part of it.</exception>
    /// <exception cref="IOException">The system does not tell which pages were written.</exception>
    public static VmTemplate Booted(KvmVcpu vcpu, GuestMemory memory, MemoryRange random)
    {
        // The vCPU first: completing its instruction may be the last thing that writes to memory.
        var state = vcpu.SaveState();
        var template = new VmTemplate(MemoryTemplate.Capture(memory), vcpus: 1) { Random = random };
        template.Keep(0, state);
        return template;
    }

    /// <summary>A vCPU's state; null when nobody has kept one yet.</summary>
    public VcpuState? StateOf(int vcpu) => Volatile.Read(ref _vcpus[vcpu]);

    /// <summary>Keeps a vCPU's state, unless there is one.</summary>
    public void Keep(int vcpu, VcpuState state) => Interlocked.CompareExchange(ref _vcpus[vcpu], state, null);

    /// <summary>Gives a VM that starts here random bytes of its own.</summary>
    public void Seed(GuestMemory memory)
    {
        if (Random is { } place && memory.TryGetSpan(place.Start, place.Length, out var bytes))
        {
            HostRandom.Fill(bytes);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Memory.Dispose();
}
