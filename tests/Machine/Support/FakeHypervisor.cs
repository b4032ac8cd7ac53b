using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Tests.Support;

/// <summary>Makes one machine, whose host refuses what a test wants refused and notes what is done to it.</summary>
internal sealed class FakeHypervisor : IHypervisor, IVirtualMachine
{
    /// <summary>What the host refuses: MapMemory, AddDoorbell, TryCoalesce, CreateVcpu or SetSpecialRegisters; null for nothing.</summary>
    public string? Refused { get; init; }

    /// <summary>Whether writes can be gathered.</summary>
    public bool Coalesces { get; init; }

    /// <summary>The memory the machine was given.</summary>
    public GuestMemory? Memory { get; private set; }

    /// <summary>The vCPUs made so far.</summary>
    public List<FakeVcpu> Vcpus { get; } = [];

    /// <summary>The ports whose writes are to be gathered.</summary>
    public List<ushort> CoalescedPorts { get; } = [];

    /// <summary>Whether the machine is gone.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Whether the memory was still there when the machine went.</summary>
    public bool HadMemoryWhenDisposed { get; private set; }

    /// <summary>Whether the machine still has its memory.</summary>
    public bool HasMemory => Memory?.Contains(Memory.Ranges.FirstOrDefault().Start, 1) == true;

    public Backend Backend { get; init; } = Backend.Kvm;

    /// <summary>The runs that were begun.</summary>
    public List<RunSettings> Runs { get; } = [];

    public IVirtualMachine CreateVm() => this;

    public void Begin(RunSettings settings) => Runs.Add(settings);

    public void MapMemory(GuestMemory memory)
    {
        Memory = memory;
        Refuse();
    }

    public IVcpu CreateVcpu(int index)
    {
        Refuse();
        Vcpus.Add(new FakeVcpu(index) { RefusesRegisters = Refused == nameof(IVcpu.SetSpecialRegisters) });
        return Vcpus[^1];
    }

    public void AddDoorbell(ushort port, int size, EventFd signal) => Refuse();

    public bool TryCoalesce(ushort port)
    {
        Refuse();
        CoalescedPorts.Add(port);
        return Coalesces;
    }

    public void ForgetPageTables() => Refuse();

    /// <summary>The vCPUs that had the others forget translations.</summary>
    public List<int> Flushers { get; } = [];

    public void FlushOthers(int vcpu) => Flushers.Add(vcpu);

    public void Dispose()
    {
        IsDisposed = true;
        HadMemoryWhenDisposed = HasMemory;
    }

    private void Refuse([System.Runtime.CompilerServices.CallerMemberName] string operation = "")
    {
        if (Refused == operation)
        {
            throw new KvmException(operation, Errno.EINVAL);
        }
    }
}

/// <summary>A vCPU that runs nothing: keeps its registers, and counts how often it was kicked.</summary>
internal sealed class FakeVcpu(int index) : IVcpu
{
    private kvm_regs _registers;
    private kvm_sregs _special;

    /// <summary>Whether the special registers are refused.</summary>
    public bool RefusesRegisters { get; init; }

    public bool IsDisposed { get; private set; }

    /// <summary>What its guest would read from its time stamp counter.</summary>
    public Func<ulong> TimeStamp { get; init; } = () => 0;

    public long TimeStampFrequency { get; init; }

    public ulong ReadTimeStamp() => TimeStamp();

    public int Kicks { get; private set; }

    public int Index => index;

    public CoalescedWrites CoalescedWrites => default;

    public void BindToCurrentThread()
    {
    }

    public void Unbind()
    {
    }

    public VcpuExit Run() => throw new NotSupportedException("A fake runs no guest.");

    public VcpuExit CompleteInstruction() => throw new NotSupportedException("A fake runs no guest.");

    public void Kick() => Kicks++;

    public void ClearKick() => Kicks = 0;

    public int Wakes { get; private set; }

    public void Wake() => Wakes++;

    public void Notify() => HasNotice = true;

    public bool HasNotice { get; private set; }

    public void TakeNotice() => HasNotice = false;

    public void NotifyLater(bool isWanted = true)
    {
    }

    public void Yield()
    {
    }

    /// <summary>Called when it waits.</summary>
    public Action Waited { get; init; } = () => { };

    public bool Wait(VmStopSignal stopSignal, in VcpuWait wait)
    {
        if (!stopSignal.IsRequested)
        {
            Waited();
        }

        return !stopSignal.IsRequested;
    }

    public kvm_regs GetExitRegisters() => _registers;

    public ulong GetExitCr3() => _special.cr3;

    public void SetRax(ulong value) => _registers.rax = value;

    public void SetRdx(ulong value) => _registers.rdx = value;

    public kvm_regs GetRegisters() => _registers;

    public void SetRegisters(in kvm_regs registers) => _registers = registers;

    public kvm_sregs GetSpecialRegisters() => _special;

    public void SetSpecialRegisters(in kvm_sregs registers)
    {
        if (RefusesRegisters)
        {
            throw new KvmException("KVM_SET_SREGS", Errno.EINVAL, $"vCPU {index}");
        }

        _special = registers;
    }

    public byte[] GetFloatingPoint() => [];

    public void SetDebug(VcpuDebug debug)
    {
    }

    public VcpuSnapshot SaveState() => new Snapshot();

    public bool TryRestoreState(VcpuSnapshot snapshot) => snapshot is Snapshot;

    public void Dispose() => IsDisposed = true;

    private sealed class Snapshot : VcpuSnapshot;
}
