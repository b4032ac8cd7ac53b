using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;

namespace KvmActors.Machine.Processor;

/// <summary>A vCPU that does something of its own around another one's <see cref="Run"/>.</summary>
/// <param name="inner">The other one; it stays its owner's.</param>
internal abstract class VcpuDecorator(IVcpu inner) : IVcpu
{
    /// <summary>The other one.</summary>
    protected IVcpu Inner { get; } = inner;

    public int Index => Inner.Index;

    public CoalescedWrites CoalescedWrites => Inner.CoalescedWrites;

    public Backend Backend => Inner.Backend;

    public bool StepsUnseen => Inner.StepsUnseen;

    public bool IsOutOfInstructions => Inner.IsOutOfInstructions;

    public void BindToCurrentThread() => Inner.BindToCurrentThread();

    public void Unbind() => Inner.Unbind();

    public abstract VcpuExit Run();

    public VcpuExit CompleteInstruction() => Inner.CompleteInstruction();

    public void Kick() => Inner.Kick();

    public void ClearKick() => Inner.ClearKick();

    public virtual bool Wait(VmStopSignal stopSignal, in VcpuWait wait) => Inner.Wait(stopSignal, wait);

    public virtual void Wake() => Inner.Wake();

    public void Notify() => Inner.Notify();

    public bool HasNotice => Inner.HasNotice;

    public void TakeNotice() => Inner.TakeNotice();

    public void NotifyLater(bool isWanted = true) => Inner.NotifyLater(isWanted);

    public bool IsDelivering => Inner.IsDelivering;

    public void Yield() => Inner.Yield();

    public kvm_regs GetExitRegisters() => Inner.GetExitRegisters();

    public ulong GetExitCr3() => Inner.GetExitCr3();

    public void SetRax(ulong value) => Inner.SetRax(value);

    public void SetRdx(ulong value) => Inner.SetRdx(value);

    public kvm_regs GetRegisters() => Inner.GetRegisters();

    public void SetRegisters(in kvm_regs registers) => Inner.SetRegisters(registers);

    public kvm_sregs GetSpecialRegisters() => Inner.GetSpecialRegisters();

    public void SetSpecialRegisters(in kvm_sregs registers) => Inner.SetSpecialRegisters(registers);

    public byte[] GetFloatingPoint() => Inner.GetFloatingPoint();

    public void SetDebug(VcpuDebug debug) => Inner.SetDebug(debug);

    public VcpuSnapshot SaveState() => Inner.SaveState();

    public bool TryRestoreState(VcpuSnapshot snapshot) => Inner.TryRestoreState(snapshot);

    public void Dispose() => Inner.Dispose();
}
