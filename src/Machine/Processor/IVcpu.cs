using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;

namespace KvmActors.Machine.Processor;

/// <summary>
/// A virtual processor. It belongs to the thread it is bound to; only <see cref="Kick"/> may come from another. Whatever the host
/// refuses is a <see cref="SystemCallException"/>.
/// </summary>
public interface IVcpu : IDisposable
{
    /// <summary>Its number in its VM, from 0.</summary>
    int Index { get; }

    /// <summary>Writes that were gathered instead of exiting; empty where nothing is.</summary>
    CoalescedWrites CoalescedWrites { get; }

    /// <summary>What executes its instructions; never <see cref="Processor.Backend.Auto"/>.</summary>
    Backend Backend => Backend.Kvm;

    /// <summary>
    /// Whether single steps are the processor's own: after every instruction in every ring, and without a trace in the guest. KVM's are
    /// the guest's trap flag, which the guest can see.
    /// </summary>
    bool StepsUnseen => false;

    /// <summary>Whether its VM has executed all instructions that it may: <see cref="Run"/> then ends as by a kick.</summary>
    bool IsOutOfInstructions => false;

    /// <summary>Names the calling thread as the one that runs it, which a <see cref="Kick"/> has to reach.</summary>
    void BindToCurrentThread();

    /// <summary>Ends that; the thread may be gone afterwards.</summary>
    void Unbind();

    /// <summary>Runs the guest until its next exit, which is valid until the next call.</summary>
    VcpuExit Run();

    /// <summary>
    /// Completes what the last exit left of its instruction, without running the guest any further. Leaves a kick pending:
    /// <see cref="ClearKick"/>.
    /// </summary>
    /// <returns>
    /// <see cref="VcpuExitReason.Intr"/> or <see cref="VcpuExitReason.Debug"/> when it is complete; otherwise its next exit, valid
    /// until the next call.
    /// </returns>
    VcpuExit CompleteInstruction();

    /// <summary>Makes <see cref="Run"/> return soon, now or when it is called next. From any thread.</summary>
    void Kick();

    /// <summary>Takes note of a kick: <see cref="Run"/> enters the guest again.</summary>
    void ClearKick();

    /// <summary>Lets time pass without running the guest.</summary>
    /// <param name="stopSignal">What ends it at once.</param>
    /// <param name="wait">What else ends it, besides <see cref="Wake"/>.</param>
    /// <returns>False when it was stopped.</returns>
    bool Wait(VmStopSignal stopSignal, in VcpuWait wait);

    /// <summary>
    /// Ends its <see cref="Wait"/>, or the next one at once; a wait that slows the guest down is not ended. From any thread of its VM's.
    /// </summary>
    void Wake();

    /// <summary>
    /// Leaves a notice for it, which <see cref="TakeNotice"/> takes: ends its wait as <see cref="Wake"/>, and has <see cref="Run"/> return
    /// as by a kick. From any thread of its VM's.
    /// </summary>
    void Notify();

    /// <summary>Whether there is a notice.</summary>
    bool HasNotice { get; }

    /// <summary>Takes the notice; nothing when there is none.</summary>
    void TakeNotice();

    /// <summary>
    /// Has <see cref="Run"/> return again, as by a kick, a little later: the guest was not where it could hear of the notice, or where it is
    /// to be stopped.
    /// </summary>
    /// <param name="isWanted">False when that is not wanted any more; <see cref="TakeNotice"/> ends it, too.</param>
    void NotifyLater(bool isWanted = true);

    /// <summary>Whether an exception or interrupt is being delivered, so that no other can be before the guest has gone on.</summary>
    bool IsDelivering => false;

    /// <summary>How many ticks the time stamp counter that the guest reads has in a second; 0 where that is not known.</summary>
    long TimeStampFrequency => 0;

    /// <summary>
    /// What is more in the guest's time stamp counter than there would be of itself: vCPUs of one VM for which it is the same read the same.
    /// Null where that is not known.
    /// </summary>
    long? TimeStampOffset => null;

    /// <summary>What the guest would read from its time stamp counter now; 0 where that is not known.</summary>
    ulong ReadTimeStamp() => 0;

    /// <summary>Sets <see cref="TimeStampOffset"/>, where it is known.</summary>
    void SetTimeStampOffset(long offset)
    {
    }

    /// <summary>Lets those who wait for a processor have this one.</summary>
    void Yield();

    /// <summary>The general registers at the last exit; cheap.</summary>
    kvm_regs GetExitRegisters();

    /// <summary>CR3 at the last exit; cheap.</summary>
    ulong GetExitCr3();

    /// <summary>Sets RAX for the next entry; cheap.</summary>
    void SetRax(ulong value);

    /// <summary>Sets RDX for the next entry; cheap.</summary>
    void SetRdx(ulong value);

    /// <summary>Reads the general registers.</summary>
    kvm_regs GetRegisters();

    /// <summary>Sets the general registers.</summary>
    void SetRegisters(in kvm_regs registers);

    /// <summary>Reads the segment and control registers.</summary>
    kvm_sregs GetSpecialRegisters();

    /// <summary>Sets the segment and control registers.</summary>
    void SetSpecialRegisters(in kvm_sregs registers);

    /// <summary>Reads the x87 and SSE registers, as FXSAVE stores them: 512 bytes.</summary>
    byte[] GetFloatingPoint();

    /// <summary>Says at what the guest stops for whoever looks on.</summary>
    void SetDebug(VcpuDebug debug);

    /// <summary>Completes the last instruction and takes a snapshot of everything a guest could change.</summary>
    VcpuSnapshot SaveState();

    /// <summary>Goes back to a snapshot of this kind of vCPU.</summary>
    /// <returns>False when the last instruction cannot be completed; the vCPU is of no further use then.</returns>
    bool TryRestoreState(VcpuSnapshot snapshot);
}

/// <summary>The whole state of a vCPU at one moment. Only the kind of vCPU that took it can read it.</summary>
public abstract class VcpuSnapshot;
