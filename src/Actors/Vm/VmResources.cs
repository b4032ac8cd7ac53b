using KvmActors.Actors.Boot;
using KvmActors.Actors.Devices;
using KvmActors.Actors.Files;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Output;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Vm;

/// <summary>
/// What one VM is made of besides its vCPUs: descriptor, memory, devices, files. Where it began from a template, it can be made
/// new for another instance. Belongs to its <see cref="VmActor"/>.
/// </summary>
internal sealed class VmResources : IDisposable
{
    private readonly VmSpec _spec;
    private readonly VmServices _services;
    private readonly VmStopSignal _stop;
    private readonly IReadOnlyList<VcpuBootState> _bootStates;
    private readonly FileNamespace _names;
    private bool _isRetired;

    /// <summary>Makes a VM.</summary>
    /// <param name="id">Its first instance.</param>
    /// <param name="spec">What it is like.</param>
    /// <param name="services">What it needs from outside.</param>
    /// <param name="stop">Tells its vCPUs to stop.</param>
    /// <param name="template">What it starts from; null to fill its memory itself.</param>
    /// <param name="step">Told of each step when it is done.</param>
    /// <exception cref="KvmException">KVM or the system refused a part of it.</exception>
    /// <exception cref="IOException">A mapped host path cannot be opened.</exception>
    public VmResources(string id, VmSpec spec, VmServices services, VmStopSignal stop, VmTemplate? template, Action<string> step)
    {
        _spec = spec;
        _services = services;
        _stop = stop;
        Template = template;
        Vm = services.Device.CreateVm();
        step("created");
        try
        {
            if (template is null)
            {
                var plan = BootPlans.For(spec);
                Memory = GuestMemory.Allocate(spec.MemoryAdvice, [.. plan.Ranges]);
                Vm.MapMemory(Memory);
                step("memory mapped");
                _bootStates = [.. plan.Apply(Memory).Select(state => state with { Overrides = spec.Registers })];
                step("image loaded");
            }
            else
            {
                Memory = GuestMemory.Map(template.Memory, spec.MemoryAdvice);
                Vm.MapMemory(Memory);
                step("memory mapped copy-on-write");
                _bootStates = template.BootStates;
            }

            var input = new GuestInput(spec.Input);
            Devices = new DeviceBoard(spec.Devices, input, Vm);
            _names = FileNamespace.Open(spec.Files, spec.Args.Count > 0 ? spec.Args[0] : null);
            (Console, var service) = NewGuest(id, input);
            Files = new FileQueue(service);
            Template?.Seed(Memory);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The VM's descriptor.</summary>
    public KvmVm Vm { get; }

    /// <summary>Its memory.</summary>
    public GuestMemory Memory { get; }

    /// <summary>Its devices.</summary>
    public DeviceBoard Devices { get; }

    /// <summary>Its files.</summary>
    public FileQueue Files { get; }

    /// <summary>The streams of the instance it runs.</summary>
    public GuestConsole Console { get; private set; }

    /// <summary>What it started from; null when it filled its memory itself.</summary>
    public VmTemplate? Template { get; private set; }

    /// <summary>How a vCPU starts that no template has a state for.</summary>
    public VcpuBootState? BootStateOf(int vcpu) => vcpu < _bootStates.Count ? _bootStates[vcpu] : null;

    /// <summary>
    /// Makes everything new after an instance has ended: its files are closed, and of its memory nothing is left. Its vCPUs must
    /// have been restored to the same template.
    /// </summary>
    /// <returns>False when that cannot be sure; then the VM must not be used again.</returns>
    /// <exception cref="KvmException">The system refused it; the VM must not be used again.</exception>
    public bool TryReset(VmTemplate template)
    {
        if (!Files.TryRetire())
        {
            return false;
        }

        _isRetired = true;
        Vm.ForgetPageTables();
        Memory.ResetTo(template.Memory);
        Template = template;
        _stop.Renew();
        return true;
    }

    /// <summary>Takes in another instance, after <see cref="TryReset"/>.</summary>
    public void Begin(string id)
    {
        (Console, var service) = NewGuest(id, new GuestInput(_spec.Input));
        Files.Reopen(service);
        _isRetired = false;
        Template?.Seed(Memory);
    }

    /// <summary>Gives everything back. No vCPU and no file operation may be at work.</summary>
    public void Dispose()
    {
        // Null where the constructor did not get so far. The VM first, then what it maps.
        if (Files is not null && !_isRetired)
        {
            Files.Close();
        }

        Vm.Dispose();
        Devices?.Dispose();
        Memory?.Dispose();
        _names?.Dispose();
    }

    private (GuestConsole Console, FileService Files) NewGuest(string id, GuestInput input)
    {
        var console = new GuestConsole(id, _services.Output, _spec.Limits.BytesWritten);
        var liveInput = _spec.InheritsInput ? new LiveInput(_stop, console.TerminalOf(GuestStream.Input)) : null;
        return (console, new FileService(Memory, _names, _spec.Limits, input, console, liveInput));
    }
}
