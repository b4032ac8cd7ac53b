using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Kvm;

/// <summary>A vCPU of KVM. Its thread is the host's to schedule, so a wait parks that thread.</summary>
internal sealed class KvmProcessor(KvmVcpu vcpu) : IVcpu
{
    public int Index => vcpu.Index;

    public CoalescedWrites CoalescedWrites => vcpu.CoalescedWrites;

    public void BindToCurrentThread() => vcpu.BindToCurrentThread();

    public void Unbind() => vcpu.Unbind();

    public VcpuExit Run() => vcpu.Run();

    public VcpuExit CompleteInstruction() => vcpu.CompletePendingIo();

    public void Kick() => vcpu.Kick();

    public void ClearKick() => vcpu.ClearKick();

    public bool Wait(VmStopSignal stopSignal, in VcpuWait wait) => stopSignal.Park(wait);

    public kvm_regs GetExitRegisters() => vcpu.GetExitRegisters();

    public ulong GetExitCr3() => vcpu.GetExitCr3();

    public void SetRax(ulong value) => vcpu.SetRax(value);

    public void SetRdx(ulong value) => vcpu.SetRdx(value);

    public kvm_regs GetRegisters() => vcpu.GetRegisters();

    public void SetRegisters(in kvm_regs registers) => vcpu.SetRegisters(registers);

    public kvm_sregs GetSpecialRegisters() => vcpu.GetSpecialRegisters();

    public void SetSpecialRegisters(in kvm_sregs registers) => vcpu.SetSpecialRegisters(registers);

    public byte[] GetFloatingPoint() => vcpu.GetFloatingPoint();

    public void SetDebug(VcpuDebug debug) => vcpu.SetDebug(debug);

    public VcpuSnapshot SaveState() => new KvmSnapshot(vcpu.SaveState());

    public bool TryRestoreState(VcpuSnapshot snapshot) => vcpu.TryRestoreState(((KvmSnapshot)snapshot).State);

    public void Dispose() => vcpu.Dispose();

    private sealed class KvmSnapshot(VcpuState state) : VcpuSnapshot
    {
        public VcpuState State { get; } = state;
    }
}
