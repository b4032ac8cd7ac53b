using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.WarmStart;

/// <summary>
/// What VMs of one description start from: the moment before the first instruction until one of them says that its kernel
/// has booted, then that. Used by all their threads at once; dispose when the last of these VMs is gone.
/// </summary>
/// <param name="plan">The description, laid out.</param>
public sealed class VmTemplates(IBootPlan plan) : IDisposable
{
    private readonly Lock _gate = new();
    private VmTemplate? _beforeBoot;
    private VmTemplate? _booted;
    private VmTemplate? _serving;
    private int _isCapturing;
    private int _isServingCaptured;

    /// <summary>Whether instances do well to wait for <see cref="Captured"/>: a guest kernel is on its way to its program.</summary>
    public bool AreExpected =>
        plan.Spec is { VcpusAtStart: 1, Boot: BootProtocol.Elf64, Args.Count: > 0 } && Volatile.Read(ref _booted) is null;

    /// <summary>Called once, on a vCPU's thread, when the guest kernel has booted and the moment was kept.</summary>
    public Action? Captured { get; init; }

    /// <summary>Why there is nothing to start from; null when there is, or nobody has asked yet.</summary>
    public string? Problem { get; private set; }

    /// <summary>
    /// Where the program waits for its first call, after all that it does before: for guests that are to go on there. Null as long as none
    /// has come so far, or when it cannot be kept.
    /// </summary>
    public VmTemplate? Serving => Volatile.Read(ref _serving);

    /// <summary>What a guest with nothing of its own does best to start from: <see cref="Serving"/> or <see cref="Current"/>.</summary>
    public VmTemplate? Furthest => Serving ?? Current;

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
                    return Problem is not null ? null : _beforeBoot ??= VmTemplate.BeforeBoot(plan);
                }
                catch (SystemCallException e)
                {
                    Problem = $"no template could be made: {e.Message}";
                    return null;
                }
            }
        }
    }

    /// <summary>
    /// Keeps this moment of a VM, unless one is kept already. On the vCPU's thread, after an exit; takes some milliseconds, once.
    /// </summary>
    public void TryCapture(IVcpu vcpu, GuestMemory memory, MemoryRange random)
    {
        if (plan.Spec.VcpusAtStart > 1 || memory.Template is null || Interlocked.Exchange(ref _isCapturing, 1) != 0)
        {
            return;
        }

        try
        {
            Volatile.Write(ref _booted, VmTemplate.Booted(plan, vcpu, memory, random));
            Captured?.Invoke();
        }
        catch (Exception e) when (e is SystemCallException or IOException or UnauthorizedAccessException)
        {
            // The others then boot as this one did.
        }
    }

    /// <summary>
    /// Keeps this moment of a VM as <see cref="Serving"/>, unless one is kept already. On the vCPU's thread, after an exit; takes some
    /// milliseconds, once.
    /// </summary>
    /// <returns>What is kept, whoever kept it; null when it cannot be.</returns>
    public VmTemplate? TryCaptureServing(IVcpu vcpu, GuestMemory memory)
    {
        if (Serving is null && Interlocked.Exchange(ref _isServingCaptured, 1) == 0)
        {
            Volatile.Write(ref _serving, TryCapture(plan, vcpu, memory));
        }

        return Serving;
    }

    /// <summary>Keeps this moment of a VM with one vCPU for that VM alone; the caller's to dispose. Null when it cannot be.</summary>
    public static VmTemplate? TryCapture(IBootPlan plan, IVcpu vcpu, GuestMemory memory)
    {
        if (plan.Spec.VcpusAtStart > 1 || memory.Template is null)
        {
            return null;
        }

        try
        {
            return VmTemplate.Booted(plan, vcpu, memory, random: null);
        }
        catch (Exception e) when (e is SystemCallException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _serving?.Dispose();
        _beforeBoot?.Dispose();
        _booted?.Dispose();
    }
}
