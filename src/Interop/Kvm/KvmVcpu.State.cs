using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Kvm;

/// <summary>Saving a vCPU's state, and giving it back.</summary>
public sealed unsafe partial class KvmVcpu
{
    /// <summary>KVM's own bound for one instruction's exits is 1024 (a repeated <c>outs</c>); a state worth keeping has few.</summary>
    private const int MaxCompletions = 16;

    private const ulong AllSyncRegisters = KvmApi.KVM_SYNC_X86_REGS | KvmApi.KVM_SYNC_X86_SREGS | KvmApi.KVM_SYNC_X86_EVENTS;

    /// <summary>
    /// Saves everything the guest can change, after the instruction of the last port or MMIO exit has been completed. Call on
    /// the vCPU's thread, while it does not run.
    /// </summary>
    /// <exception cref="KvmException">KVM did not give a part of it, or the instruction does not end.</exception>
    public VcpuState SaveState()
    {
        if (!TryFinishInstruction())
        {
            throw new KvmException("KVM_RUN", Errno.EAGAIN, $"{_target}, in the middle of an instruction");
        }

        return new VcpuState(GetRegisters(), GetSpecialRegisters())
        {
            Events = Get<kvm_vcpu_events>(KvmApi.KVM_GET_VCPU_EVENTS, "KVM_GET_VCPU_EVENTS"),
            DebugRegisters = Get<kvm_debugregs>(KvmApi.KVM_GET_DEBUGREGS, "KVM_GET_DEBUGREGS"),
            ExtendedControl = _device.CheckExtension(KvmCapability.Xcrs) > 0 ? Get<kvm_xcrs>(KvmApi.KVM_GET_XCRS, "KVM_GET_XCRS") : null,
            ExtendedState = SaveExtendedState(),
            ModelSpecific = _device.SavedMsrs(_fd).Get(_fd, _target),
        };
    }

    /// <summary>
    /// Gives the vCPU a saved state, whatever it did before; nothing of what its guest left in it remains. General and special
    /// registers and events travel in the run page with the next <see cref="Run"/>, where KVM can. Call on the vCPU's thread,
    /// while no vCPU of the VM runs.
    /// </summary>
    /// <returns>False when the last exit's instruction does not end; then nothing has changed, and the vCPU is of no more use.</returns>
    /// <exception cref="KvmException">KVM refused a part of it; what the vCPU holds is not known then.</exception>
    public bool TryRestoreState(VcpuState state)
    {
        // What it is about to do at the end of its last instruction must not happen to the restored state.
        if (!TryFinishInstruction())
        {
            return false;
        }

        CoalescedWrites.Clear();
        fixed (byte* pointer = state.ExtendedState)
        {
            // SAFETY: as long as KVM said when it filled it, pinned for the call.
            Check(LibC.ioctl(_fdNumber, KvmApi.KVM_SET_XSAVE, pointer), "KVM_SET_XSAVE");
        }

        if (state.ExtendedControl is { } control)
        {
            // SAFETY: here and below, KVM reads exactly this structure, on this stack.
            Check(LibC.ioctl(_fdNumber, KvmApi.KVM_SET_XCRS, &control), "KVM_SET_XCRS");
        }

        var debug = state.DebugRegisters;
        Check(LibC.ioctl(_fdNumber, KvmApi.KVM_SET_DEBUGREGS, &debug), "KVM_SET_DEBUGREGS");
        MsrList.Set(_fd, state.ModelSpecific, _target);

        // Without interrupt controllers in the kernel, KVM_RUN takes CR8 from here and no longer from the special registers.
        _run->cr8 = state.SpecialRegisters.cr8;
        _run->s_regs.regs = state.Registers;
        _run->s_regs.sregs = state.SpecialRegisters;
        _run->s_regs.events = state.Events;
        if ((_syncRegisters & AllSyncRegisters) == AllSyncRegisters)
        {
            _run->kvm_dirty_regs = AllSyncRegisters;
            return true;
        }

        _run->kvm_dirty_regs = 0;
        SetSpecialRegisters(state.SpecialRegisters);
        SetRegisters(state.Registers);
        var events = state.Events;
        Check(LibC.ioctl(_fdNumber, KvmApi.KVM_SET_VCPU_EVENTS, &events), "KVM_SET_VCPU_EVENTS");
        return true;
    }

    /// <summary>Whether an exception, interrupt or NMI is on its way to the guest. Call after an exit.</summary>
    /// <exception cref="KvmException">KVM does not say.</exception>
    public bool IsDelivering()
    {
        var events = Get<kvm_vcpu_events>(KvmApi.KVM_GET_VCPU_EVENTS, "KVM_GET_VCPU_EVENTS");
        return (events.exception_injected | events.exception_pending | events.interrupt_injected | events.nmi_injected | events.nmi_pending) != 0;
    }

    // An instruction that accesses memory in pieces, or repeats, exits again and again.
    private bool TryFinishInstruction()
    {
        for (var count = 0; count < MaxCompletions; count++)
        {
            Volatile.Write(ref _run->immediate_exit, 1);
            if (Run().Reason == VcpuExitReason.Intr)
            {
                ClearKick();
                return true;
            }
        }

        return false;
    }

    /// <summary>The x87, SSE, AVX and further registers, as KVM_SET_XSAVE takes them.</summary>
    internal byte[] SaveExtendedState()
    {
        var bytes = _device.CheckExtension(KvmCapability.Xsave2);
        var state = new byte[Math.Max(bytes, LegacyXsaveBytes)];
        fixed (byte* pointer = state)
        {
            // SAFETY: KVM fills as many bytes as the capability says, 4096 where there is none; pinned for the call.
            Check(
                bytes > LegacyXsaveBytes
                    ? LibC.ioctl(_fdNumber, KvmApi.KVM_GET_XSAVE2, pointer)
                    : LibC.ioctl(_fdNumber, KvmApi.KVM_GET_XSAVE, pointer),
                "KVM_GET_XSAVE");
        }

        return state;
    }

    /// <summary>The x87 and SSE registers, as FXSAVE stores them (Intel SDM vol. 1, section 10.5.1): 512 bytes.</summary>
    /// <exception cref="KvmException">KVM does not give them.</exception>
    public byte[] GetFloatingPoint() => SaveExtendedState()[..FxsaveBytes];

    private T Get<T>(uint request, string operation)
        where T : unmanaged
    {
        T value = default;

        // SAFETY: callers name the request that fills exactly this structure, on this stack.
        Check(LibC.ioctl(_fdNumber, request, &value), operation);
        return value;
    }

    private const int FxsaveBytes = 512;

    /// <summary><c>sizeof(struct kvm_xsave)</c> before it had a flexible end (<c>asm/kvm.h</c>).</summary>
    private const int LegacyXsaveBytes = 4096;
}
