using KvmActors.Linux.Calls;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Syscalls;

/// <summary>Who serves the calls that find a VM's <see cref="SyscallGate"/> taken, one after the other in order of arrival.</summary>
public interface ISyscallQueue
{
    /// <summary>Has a call served, while the calling vCPU's thread waits. It has been counted as waiting at the gate.</summary>
    /// <param name="guestCall">The call.</param>
    /// <param name="stopSignal">Ends the wait.</param>
    /// <returns>What became of it; EINTR when the VM was stopped before.</returns>
    CallOutcome Serve(in GuestCall guestCall, VmStopSignal stopSignal);

    /// <summary>Says that the gate is free while somebody waits. Never blocks.</summary>
    void GateFreed();
}
