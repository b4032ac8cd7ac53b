using KvmActors.Actors.Boot;
using KvmActors.Actors.Devices;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Vm;

/// <summary>
/// What VMs of one description start from: the moment before the first instruction until one of them says that its kernel
/// has booted, then that. Used by all their threads at once; dispose when the last of these VMs is gone.
/// </summary>
internal sealed class VmTemplates(VmSpec spec) : IDisposable
{
    private readonly Lock _gate = new();
    private VmTemplate? _beforeBoot;
    private VmTemplate? _booted;
    private bool _isImpossible;
    private int _isCapturing;

    /// <summary>Whether instances do well to wait for <see cref="Captured"/>: a guest kernel is on its way to its program.</summary>
    public bool AreExpected => spec.Vcpus == 1 && spec.Boot == BootProtocol.Elf64 && spec.Args.Count > 0 && Volatile.Read(ref _booted) is null;

    /// <summary>Called once, on a vCPU's thread, when the guest kernel has booted and the moment was kept.</summary>
    public Action? Captured { get; init; }

    /// <summary>
    /// Whether VMs like this can be made new again: not when something outside of their memory and their vCPUs keeps state, or
    /// someone watches them closely.
    /// </summary>
    public static bool ArePossible(VmSpec spec, VmServices services) =>
        spec.Start == VmStart.Warm && !spec.InheritsInput && services.Observer is null
        && spec.Devices.All(device => device is DebugExitSpec or ConsoleDeviceSpec { IsCoalesced: false }
            || (device is ConsoleDeviceSpec && spec.Vcpus == 1));

    /// <summary>What to start from now; null when this machine cannot make it, and a VM has to start cold.</summary>
    public VmTemplate? Current
    {
        get
        {
            if (Volatile.Read(ref _booted) is { } booted)
            {
                return booted;
            }

            lock (_gate)
            {
                try
                {
                    return _isImpossible ? null : _beforeBoot ??= VmTemplate.BeforeBoot(spec);
                }
                catch (KvmException)
                {
                    _isImpossible = true;
                    return null;
                }
            }
        }
    }

    /// <summary>
    /// Keeps this moment of a VM, unless one is kept already. On the vCPU's thread, after an exit; takes some milliseconds, once.
    /// </summary>
    public void TryCapture(KvmVcpu vcpu, GuestMemory memory, MemoryRange random)
    {
        if (spec.Vcpus > 1 || memory.Template is null || Interlocked.Exchange(ref _isCapturing, 1) != 0)
        {
            return;
        }

        try
        {
            Volatile.Write(ref _booted, VmTemplate.Booted(vcpu, memory, random));
            Captured?.Invoke();
        }
        catch (Exception e) when (e is KvmException or IOException or UnauthorizedAccessException)
        {
            // The others then boot as this one did.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _beforeBoot?.Dispose();
        _booted?.Dispose();
    }
}
