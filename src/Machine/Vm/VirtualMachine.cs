using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Machine.Vm;

/// <summary>
/// A machine that is there: its memory with the guest in it, and its devices. Its vCPUs are made one by one, each on the thread
/// that is to run it, and must be gone before this is disposed.
/// </summary>
public sealed class VirtualMachine : IDisposable
{
    private readonly IVirtualMachine _vm;
    private MemoryRange? _randomBytes;
    private VirtualMachine(IVirtualMachine vm, IBootPlan plan, GuestMemory memory, DeviceBoard devices, IReadOnlyList<VcpuBootState> bootStates)
    {
        _vm = vm;
        Plan = plan;
        Memory = memory;
        Devices = devices;
        BootStates = bootStates;
        Vcpus = new VcpuPool(vm);
    }

    /// <summary>What it was made by.</summary>
    public IBootPlan Plan { get; }

    /// <summary>The guest's memory.</summary>
    public GuestMemory Memory { get; }

    /// <summary>Its devices.</summary>
    public DeviceBoard Devices { get; }

    /// <summary>How its vCPUs start, by index; empty where a snapshot says it.</summary>
    public IReadOnlyList<VcpuBootState> BootStates { get; }

    /// <summary>Its vCPUs, by their numbers.</summary>
    public VcpuPool Vcpus { get; }

    /// <summary>Time as its guests see it; null where that is the host's.</summary>
    public VirtualClock? Clock => _vm.Clock;

    /// <summary>Its guests' random numbers.</summary>
    public GuestRandom Random { get; } = new();

    /// <summary>What its run was, instruction by instruction; null where nobody counts. Call while no vCPU runs.</summary>
    public RunTrace? Trace => _vm.Trace;

    /// <summary>Makes a machine and fills its memory.</summary>
    /// <param name="hypervisor">What makes it.</param>
    /// <param name="plan">Where everything goes.</param>
    /// <param name="step">Told of each step that is done; null when nobody looks.</param>
    /// <param name="input">What its serial ports read; null for what its description says.</param>
    /// <exception cref="Interop.Libc.SystemCallException">The host refused.</exception>
    public static VirtualMachine Create(IHypervisor hypervisor, IBootPlan plan, Action<string>? step = null, ReadOnlyMemory<byte>? input = null) => Create(
        hypervisor,
        plan,
        () => GuestMemory.Allocate(plan.Spec.MemoryAdvice, [.. plan.Ranges]),
        memory =>
        {
            step?.Invoke("memory mapped");
            var states = plan.Apply(memory);
            step?.Invoke("image loaded");
            return states;
        },
        step,
        input);

    /// <summary>Makes a machine whose memory comes from elsewhere.</summary>
    /// <param name="hypervisor">What makes it.</param>
    /// <param name="plan">Where everything goes.</param>
    /// <param name="allocate">Brings the memory, which belongs to the machine from then on.</param>
    /// <param name="fill">Fills it, once the machine has it, and says how the vCPUs start.</param>
    /// <param name="step">Told of each step that is done; null when nobody looks.</param>
    /// <param name="input">What its serial ports read; null for what its description says.</param>
    internal static VirtualMachine Create(
        IHypervisor hypervisor, IBootPlan plan, Func<GuestMemory> allocate, Func<GuestMemory, IReadOnlyList<VcpuBootState>> fill, Action<string>? step, ReadOnlyMemory<byte>? input = null)
    {
        var vm = hypervisor.CreateVm();
        GuestMemory? memory = null;
        try
        {
            step?.Invoke("created");
            memory = allocate();
            vm.MapMemory(memory);
            var states = fill(memory);
            var devices = DeviceBoard.Create(plan.Spec.Devices, new GuestInput(input ?? plan.Spec.Input), vm);
            return new VirtualMachine(vm, plan, memory, devices, states);
        }
        catch
        {
            vm.Dispose();
            memory?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Begins a run: a guest's vCPUs, which are all there, are about to execute. Where the machine's time and chance are its own they
    /// start anew, and memory's random bytes come of the seed.
    /// </summary>
    public void Begin(RunSettings settings)
    {
        _vm.Begin(settings);
        if (Clock is not null)
        {
            Random.Restart(settings.Seed);
            FillRandomBytes();
        }
    }

    /// <summary>Makes a vCPU that is about to execute its first instruction, on the thread that will run it.</summary>
    /// <exception cref="Interop.Libc.SystemCallException">The host refused, or the boot state is none the processor takes.</exception>
    public IVcpu CreateVcpu(int index)
    {
        var vcpu = _vm.CreateVcpu(index);
        try
        {
            BootStates[index].ApplyTo(vcpu);
            return vcpu;
        }
        catch
        {
            vcpu.Dispose();
            throw;
        }
    }

    /// <summary>Makes a vCPU in its reset state, for a snapshot to be restored on it, or for its guest to start it.</summary>
    public IVcpu CreateResetVcpu(int index) => _vm.CreateVcpu(index);

    /// <summary>Forgets what was derived from the guest's page tables. No vCPU may be running.</summary>
    internal void ForgetPageTables() => _vm.ForgetPageTables();

    /// <summary>Says which bytes of memory are random, others for each guest, and gives them values.</summary>
    /// <param name="place">Where they are; null for none.</param>
    internal void TakeRandomBytes(MemoryRange? place)
    {
        _randomBytes = place;
        FillRandomBytes();
    }

    private void FillRandomBytes()
    {
        if (_randomBytes is { } place && Memory.TryGetSpan(place.Start, place.Length, out var bytes))
        {
            Random.Fill(bytes);
        }
    }

    /// <summary>The VM first, then what it maps.</summary>
    public void Dispose()
    {
        _vm.Dispose();
        Devices.Dispose();
        Memory.Dispose();
    }
}
