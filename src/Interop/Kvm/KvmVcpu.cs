using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Kvm;

/// <summary>
/// A virtual CPU: its registers, its run page, KVM_RUN. Everything but <see cref="Kick"/> belongs to the one thread that
/// runs it.
/// </summary>
public sealed unsafe partial class KvmVcpu : IDisposable
{
    /// <summary>G0 and the bit that is always set; R/W0 and LEN0 are 0: instruction fetches (Intel SDM vol. 3B, section 19.2.4).</summary>
    private const ulong Dr7EnableExecuteBreakpoint0 = 0x402;

    private readonly KvmDevice _device;
    private readonly FileDescriptor _fd;
    private readonly int _fdNumber;
    private readonly int _runPageSize;
    private readonly ulong _syncRegisters;
    private readonly Lock _kickGate = new();
    private readonly string _target;
    private readonly int _coalescedPage;
    private kvm_run* _run;
    private int _threadId;
    private VcpuKickTimer? _timer;

    private KvmVcpu(KvmDevice device, FileDescriptor fd, int index, kvm_run* run)
    {
        _device = device;
        _fd = fd;
        _fdNumber = fd.Number;
        _runPageSize = device.RunPageSize;
        _syncRegisters = (ulong)device.CheckExtension(KvmCapability.SyncRegisters);
        _coalescedPage = device.CheckExtension(KvmCapability.CoalescedMmio);
        _target = NameOf(index);
        _run = run;
        Index = index;
    }

    /// <summary>Maps the run page of a vCPU that was just created.</summary>
    /// <param name="device">The device.</param>
    /// <param name="fd">The vCPU; it stays the caller's when this fails.</param>
    /// <param name="index">Its number.</param>
    /// <exception cref="SystemCallException">The page could not be mapped.</exception>
    internal static KvmVcpu Create(KvmDevice device, FileDescriptor fd, int index)
    {
        VcpuKickSignal.EnsureInstalled();

        // SAFETY: KVM shares this many bytes of the vCPU's own page; base and length are kept together.
        var page = LibC.mmap(null, (nuint)device.RunPageSize, LibC.PROT_READ | LibC.PROT_WRITE, LibC.MAP_SHARED, fd.Number, 0);
        if ((nint)page == -1)
        {
            throw new SystemCallException("mmap", LibC.LastError, $"the run page of {NameOf(index)}");
        }

        var vcpu = new KvmVcpu(device, fd, index, (kvm_run*)page);
        vcpu._run->kvm_valid_regs = vcpu._syncRegisters & KvmApi.KVM_SYNC_X86_REGS;
        return vcpu;
    }

    /// <summary>Its number in the VM, from 0; also its APIC id.</summary>
    public int Index { get; }

    /// <summary>For what this class has no method for.</summary>
    internal FileDescriptor Descriptor => _fd;

    /// <summary>Says that the calling thread is the one <see cref="Kick"/> has to interrupt.</summary>
    public void BindToCurrentThread()
    {
        lock (_kickGate)
        {
            _threadId = LibC.gettid();
        }
    }

    /// <summary>Says that no thread runs this vCPU any more; kicks send no signal from here on.</summary>
    public void Unbind()
    {
        lock (_kickGate)
        {
            _threadId = 0;
        }

        _timer?.Dispose();
        _timer = null;
    }

    /// <summary>Has <see cref="Run"/> end with <see cref="VcpuExitReason.Intr"/> a little later, and again and again until <see cref="StopTimer"/>.</summary>
    /// <remarks>Where the kernel has no room for a timer, nothing comes: what it is for waits until the guest's next exit.</remarks>
    public void StartTimer() => (_timer ??= VcpuKickTimer.TryCreate())?.Start();

    /// <summary>Ends that.</summary>
    public void StopTimer() => _timer?.Stop();

    /// <summary>Has the processor forget translations of addresses before the guest goes on, after an exit.</summary>
    public void FlushTranslations()
    {
        // KVM does so when CR3 changes. PWT is a bit of it that means nothing here: where in the caches the first table is.
        const ulong PageLevelWriteThrough = 1 << 3;
        _ = GetExitCr3();
        _run->s_regs.sregs.cr3 ^= PageLevelWriteThrough;
        if (((_run->kvm_valid_regs | _run->kvm_dirty_regs) & KvmApi.KVM_SYNC_X86_SREGS) != 0)
        {
            _run->kvm_dirty_regs |= KvmApi.KVM_SYNC_X86_SREGS;
        }
        else
        {
            SetSpecialRegisters(_run->s_regs.sregs);
        }
    }

    /// <summary>
    /// Makes the current or the next <see cref="Run"/> end with <see cref="VcpuExitReason.Intr"/>, and interrupts a blocking
    /// system call of its thread. From any thread, at any time, also after <see cref="Dispose"/>.
    /// </summary>
    public void Kick()
    {
        lock (_kickGate)
        {
            if (_run is null)
            {
                return;
            }

            Volatile.Write(ref _run->immediate_exit, 1);
            if (_threadId != 0)
            {
                VcpuKickSignal.Send(_threadId);
            }
        }
    }

    /// <summary>Takes note of a kick, so that the next <see cref="Run"/> enters the guest. Read the reason for the kick after this call.</summary>
    public void ClearKick()
    {
        Volatile.Write(ref _run->immediate_exit, 0);
        Interlocked.MemoryBarrier();
    }

    /// <summary>Runs the guest until it exits.</summary>
    /// <returns>The exit, valid until the next call; <see cref="VcpuExitReason.Intr"/> when a signal or a kick ended it.</returns>
    /// <exception cref="KvmException">KVM_RUN failed otherwise: EFAULT for memory that is gone, EINVAL for impossible registers.</exception>
    public VcpuExit Run()
    {
        if (LibC.ioctl(_fdNumber, KvmApi.KVM_RUN, 0) >= 0)
        {
            return new VcpuExit(_run, (VcpuExitReason)_run->exit_reason, _runPageSize);
        }

        var errno = LibC.LastError;
        return errno is Errno.EINTR or Errno.EAGAIN
            ? new VcpuExit(_run, VcpuExitReason.Intr, _runPageSize)
            : throw new KvmException("KVM_RUN", errno, _target);
    }

    /// <summary>
    /// Lets KVM finish the instruction of the last port or MMIO exit without running the guest any further, so that registers
    /// and memory are whole. Leaves the kick pending.
    /// </summary>
    /// <returns>
    /// <see cref="VcpuExitReason.Intr"/>, or <see cref="VcpuExitReason.Debug"/> when it steps, once it is finished; otherwise the
    /// same instruction's next exit.
    /// </returns>
    public VcpuExit CompletePendingIo()
    {
        Volatile.Write(ref _run->immediate_exit, 1);
        return Run();
    }

    /// <summary>The port writes that KVM gathered; see <see cref="KvmVm.TryCoalesce"/>.</summary>
    public CoalescedWrites CoalescedWrites
    {
        get
        {
            var offset = _coalescedPage * Environment.SystemPageSize;

            // SAFETY: KVM_CAP_COALESCED_MMIO says which page of the mapping is the ring; checked to be inside it.
            return new CoalescedWrites(_coalescedPage > 0 && offset + Environment.SystemPageSize <= _runPageSize
                ? (kvm_coalesced_mmio_ring*)((byte*)_run + offset)
                : null);
        }
    }

    /// <summary>Makes the guest exit with <see cref="VcpuExitReason.Debug"/> at what is asked for; nothing more at what is not.</summary>
    /// <exception cref="KvmException">KVM_SET_GUEST_DEBUG failed.</exception>
    public void SetDebug(VcpuDebug wanted)
    {
        var debug = new kvm_guest_debug
        {
            control = (wanted == VcpuDebug.None ? 0 : KvmApi.KVM_GUESTDBG_ENABLE)
                | (wanted.SingleStep ? KvmApi.KVM_GUESTDBG_SINGLESTEP : 0)
                | (wanted.Int3 ? KvmApi.KVM_GUESTDBG_USE_SW_BP : 0)
                | (wanted.Breakpoint is null ? 0 : KvmApi.KVM_GUESTDBG_USE_HW_BP),
        };
        if (wanted.Breakpoint is { } address)
        {
            debug.debugreg[0] = address;
            debug.debugreg[7] = Dr7EnableExecuteBreakpoint0;
        }

        // SAFETY: KVM reads exactly this structure, on this stack.
        Check(LibC.ioctl(_fdNumber, KvmApi.KVM_SET_GUEST_DEBUG, &debug), "KVM_SET_GUEST_DEBUG");
    }

    /// <summary>The general registers at the last exit; from the run page where KVM keeps them there.</summary>
    public kvm_regs GetExitRegisters() =>
        (_run->kvm_valid_regs & KvmApi.KVM_SYNC_X86_REGS) != 0 ? _run->s_regs.regs : GetRegisters();

    /// <summary>Sets RAX for the next entry, after an exit.</summary>
    public void SetRax(ulong value)
    {
        if ((_run->kvm_valid_regs & KvmApi.KVM_SYNC_X86_REGS) != 0)
        {
            _run->s_regs.regs.rax = value;
            _run->kvm_dirty_regs |= KvmApi.KVM_SYNC_X86_REGS;
            return;
        }

        var registers = GetRegisters();
        registers.rax = value;
        SetRegisters(registers);
    }

    /// <summary>Sets RDX for the next entry, after an exit.</summary>
    public void SetRdx(ulong value)
    {
        if ((_run->kvm_valid_regs & KvmApi.KVM_SYNC_X86_REGS) != 0)
        {
            _run->s_regs.regs.rdx = value;
            _run->kvm_dirty_regs |= KvmApi.KVM_SYNC_X86_REGS;
            return;
        }

        var registers = GetRegisters();
        registers.rdx = value;
        SetRegisters(registers);
    }

    /// <summary>CR3 at the last exit. The first call asks KVM; from then on the run page carries it where KVM can.</summary>
    public ulong GetExitCr3()
    {
        // What is still to be handed over is newer than what KVM has.
        if (((_run->kvm_valid_regs | _run->kvm_dirty_regs) & KvmApi.KVM_SYNC_X86_SREGS) != 0)
        {
            return _run->s_regs.sregs.cr3;
        }

        // KVM fills the page at the next exit; until then it holds what was asked for just now.
        _run->s_regs.sregs = GetSpecialRegisters();
        _run->kvm_valid_regs |= _syncRegisters & KvmApi.KVM_SYNC_X86_SREGS;
        return _run->s_regs.sregs.cr3;
    }

    /// <summary>KVM_GET_REGS.</summary>
    public kvm_regs GetRegisters()
    {
        kvm_regs registers;

        // SAFETY: KVM fills exactly this structure, on this stack.
        Check(LibC.ioctl(_fdNumber, KvmApi.KVM_GET_REGS, &registers), "KVM_GET_REGS");
        return registers;
    }

    /// <summary>KVM_SET_REGS.</summary>
    public void SetRegisters(in kvm_regs registers)
    {
        var copy = registers;

        // SAFETY: KVM reads exactly this structure, on this stack.
        Check(LibC.ioctl(_fdNumber, KvmApi.KVM_SET_REGS, &copy), "KVM_SET_REGS");

        // What the run page has, and may still have to hand over, is from before.
        _run->s_regs.regs = copy;
        _run->kvm_dirty_regs &= ~KvmApi.KVM_SYNC_X86_REGS;
    }

    /// <summary>KVM_GET_SREGS.</summary>
    public kvm_sregs GetSpecialRegisters()
    {
        kvm_sregs registers;

        // SAFETY: as in GetRegisters.
        Check(LibC.ioctl(_fdNumber, KvmApi.KVM_GET_SREGS, &registers), "KVM_GET_SREGS");
        return registers;
    }

    /// <summary>KVM_SET_SREGS.</summary>
    public void SetSpecialRegisters(in kvm_sregs registers)
    {
        var copy = registers;

        // SAFETY: as in SetRegisters.
        Check(LibC.ioctl(_fdNumber, KvmApi.KVM_SET_SREGS, &copy), "KVM_SET_SREGS");
        _run->s_regs.sregs = copy;
        _run->kvm_dirty_regs &= ~KvmApi.KVM_SYNC_X86_SREGS;
    }

    /// <summary>Closes the vCPU and unmaps its run page. No <see cref="VcpuExit"/> of it may be used afterwards.</summary>
    public void Dispose()
    {
        lock (_kickGate)
        {
            if (_run is null)
            {
                return;
            }

            // SAFETY: mapped in the constructor, unmapped once; Kick looks at the pointer under the same lock.
            _ = LibC.munmap(_run, (nuint)_runPageSize);
            _run = null;
            _threadId = 0;
        }

        _fd.Dispose();
    }

    private static string NameOf(int index) => $"vCPU {index}";

    private void Check(int result, string operation) => KvmDevice.Check(result, operation, _target);
}
