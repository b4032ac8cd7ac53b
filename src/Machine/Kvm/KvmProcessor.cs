using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Kvm;

/// <summary>A vCPU of KVM. Its thread is the host's to schedule, so a wait parks that thread.</summary>
internal sealed class KvmProcessor : IVcpu
{
    private readonly KvmVcpu _vcpu;
    private readonly VcpuAlarm _alarm = new();
    private int _hasNotice;

    public KvmProcessor(KvmVcpu vcpu)
    {
        _vcpu = vcpu;
        Entry = new VcpuEntry(vcpu.Kick);
    }

    /// <summary>Whether it executes its guest.</summary>
    public VcpuEntry Entry { get; }

    public int Index => _vcpu.Index;

    public CoalescedWrites CoalescedWrites => _vcpu.CoalescedWrites;

    public void BindToCurrentThread() => _vcpu.BindToCurrentThread();

    public void Unbind()
    {
        _vcpu.StopTimer();
        _vcpu.Unbind();
    }

    public VcpuExit Run()
    {
        if (Entry.Enter())
        {
            _vcpu.FlushTranslations();
        }

        try
        {
            return _vcpu.Run();
        }
        finally
        {
            Entry.Leave();
        }
    }

    public VcpuExit CompleteInstruction() => _vcpu.CompletePendingIo();

    public void Kick() => _vcpu.Kick();

    public void ClearKick() => _vcpu.ClearKick();

    public bool Wait(VmStopSignal stopSignal, in VcpuWait wait) => stopSignal.Park(wait, _alarm);

    public void Wake() => _alarm.Set();

    public void Notify()
    {
        // Before the kick and the alarm: whoever notices them looks for it.
        Interlocked.Exchange(ref _hasNotice, 1);
        _alarm.Set();
        _vcpu.Kick();
    }

    public bool HasNotice => Volatile.Read(ref _hasNotice) != 0;

    public void TakeNotice()
    {
        Volatile.Write(ref _hasNotice, 0);
        _vcpu.StopTimer();
    }

    public void NotifyLater(bool isWanted = true)
    {
        if (isWanted)
        {
            _vcpu.StartTimer();
        }
        else
        {
            _vcpu.StopTimer();
        }
    }

    public bool IsDelivering => _vcpu.IsDelivering();

    public void Yield() => Thread.Yield();

    public long TimeStampFrequency => _vcpu.TimeStampFrequency;

    public long? TimeStampOffset => _vcpu.TimeStampOffset;

    public ulong ReadTimeStamp() => _vcpu.ReadTimeStamp();

    public void SetTimeStampOffset(long offset) => _vcpu.SetTimeStampOffset(offset);

    public kvm_regs GetExitRegisters() => _vcpu.GetExitRegisters();

    public ulong GetExitCr3() => _vcpu.GetExitCr3();

    public void SetRax(ulong value) => _vcpu.SetRax(value);

    public void SetRdx(ulong value) => _vcpu.SetRdx(value);

    public kvm_regs GetRegisters() => _vcpu.GetRegisters();

    public void SetRegisters(in kvm_regs registers) => _vcpu.SetRegisters(registers);

    public kvm_sregs GetSpecialRegisters() => _vcpu.GetSpecialRegisters();

    public void SetSpecialRegisters(in kvm_sregs registers) => _vcpu.SetSpecialRegisters(registers);

    public byte[] GetFloatingPoint() => _vcpu.GetFloatingPoint();

    public void SetDebug(VcpuDebug debug) => _vcpu.SetDebug(debug);

    public VcpuSnapshot SaveState() => new KvmSnapshot(_vcpu.SaveState());

    public bool TryRestoreState(VcpuSnapshot snapshot) => _vcpu.TryRestoreState(((KvmSnapshot)snapshot).State);

    public void Dispose()
    {
        _vcpu.Dispose();
        _alarm.Dispose();
    }

    private sealed class KvmSnapshot(VcpuState state) : VcpuSnapshot
    {
        public VcpuState State { get; } = state;
    }
}
