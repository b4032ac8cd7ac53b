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
    private int _isCapturing;

    /// <summary>Whether instances do well to wait for <see cref="Captured"/>: a guest kernel is on its way to its program.</summary>
    public bool AreExpected =>
        plan.Spec is { VcpusAtStart: 1, Boot: BootProtocol.Elf64, Args.Count: > 0 } && Volatile.Read(ref _booted) is null;

    /// <summary>Called once, on a vCPU's thread, when the guest kernel has booted and the moment was kept.</summary>
    public Action? Captured { get; init; }

    /// <summary>Why there is nothing to start from; null when there is, or nobody has asked yet.</summary>
    public string? Problem { get; private set; }

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

    /// <inheritdoc/>
    public void Dispose()
    {
        _beforeBoot?.Dispose();
        _booted?.Dispose();
    }
}
