using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Vm;

namespace KvmActors.Machine.WarmStart;

/// <summary>
/// The moment at which one VM's program first waited for calls, to which it can be put back between two of them: a VM with one vCPU. Belongs
/// to that vCPU's thread.
/// </summary>
/// <param name="vm">The VM.</param>
/// <param name="templates">What VMs of its kind start from; null when each starts cold.</param>
/// <param name="isShared">Whether others of its kind may begin there: nothing of this one's own is in it.</param>
/// <param name="host">What the program has at the host.</param>
public sealed class ServingPoint(VirtualMachine vm, VmTemplates? templates, bool isShared, IHostState host) : IDisposable
{
    private VmTemplate? _kept;
    private bool _isOwn;

    /// <summary>Whether others of its kind may begin where this one waits.</summary>
    public bool IsShared => isShared && templates is not null;

    /// <summary>Whether the VM can be put back.</summary>
    public bool IsKept => _kept is not null;

    /// <summary>Takes note that the VM began there.</summary>
    public void BeganAt(VmTemplate serving)
    {
        _kept = serving;
        host.Renewed();
    }

    /// <summary>Keeps the moment, which is now, after an exit; takes some milliseconds.</summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="forOthers">Whether others of its kind begin there from now on.</param>
    /// <returns>Whether it is kept.</returns>
    public bool TryKeep(IVcpu vcpu, bool forOthers)
    {
        if (_kept is null && !vm.Vcpus.HasStarted && host.IsAsNew())
        {
            _kept = forOthers && IsShared ? templates!.TryCaptureServing(vcpu, vm.Memory) : null;
            _isOwn = _kept is null;
            _kept ??= VmTemplates.TryCapture(vm.Plan, vcpu, vm.Memory);
        }

        return IsKept;
    }

    /// <summary>Puts the VM back: vCPU, memory, and what it has at the host.</summary>
    /// <returns>False when that cannot be done; the VM is of no further use then.</returns>
    /// <exception cref="SystemCallException">The host refused.</exception>
    public bool TryReset(IVcpu vcpu)
    {
        if (_kept is null || vm.Vcpus.HasStarted || !host.TryRenew() || !_kept.TryReset(vcpu))
        {
            return false;
        }

        _kept.Reset(vm);
        host.Renewed();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isOwn)
        {
            _kept?.Dispose();
            _kept = null;
        }
    }
}
