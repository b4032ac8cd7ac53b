namespace KvmActors.Linux.Syscalls;

/// <summary>Who lets in, one after the other in order of arrival, those who find a VM's <see cref="SyscallGate"/> taken.</summary>
public interface ISyscallQueue
{
    /// <summary>Queues somebody up, who has been counted as waiting at the gate. Never blocks.</summary>
    /// <param name="turn">What they wait for: to be passed to <see cref="SyscallGate.TryLetIn"/> when they are the first.</param>
    void Enqueue(GateTurn turn);

    /// <summary>Says that the gate is free while somebody waits. Never blocks.</summary>
    void GateFreed();
}
