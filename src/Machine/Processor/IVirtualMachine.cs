using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Machine.Processor;

/// <summary>A virtual machine: memory slots, doorbells and vCPUs.</summary>
public interface IVirtualMachine : IDisposable
{
    /// <summary>Gives the guest memory, a slot for each of its ranges. It must outlive this.</summary>
    /// <exception cref="SystemCallException">The host refused.</exception>
    void MapMemory(GuestMemory memory);

    /// <summary>Time as its guests see it; null where that is the host's.</summary>
    VirtualClock? Clock => null;

    /// <summary>What the run was so far; null where nobody counts instructions. Call while no vCPU runs.</summary>
    RunTrace? Trace => null;

    /// <summary>
    /// Begins a run: its vCPUs are about to execute. Where the machine's time, chance and turns are its own, they start anew. Without it
    /// each vCPU runs as its thread does. Call while none runs.
    /// </summary>
    void Begin(RunSettings settings)
    {
    }

    /// <summary>Makes a vCPU in its reset state. From then on, one thread at a time may use it.</summary>
    /// <param name="index">Its number, from 0; also its APIC identity.</param>
    /// <exception cref="SystemCallException">The host refused.</exception>
    IVcpu CreateVcpu(int index);

    /// <summary>
    /// Has all vCPUs but one forget translations of addresses, as the guest's own INVLPG would on each of them: when it returns, none executes
    /// another instruction by one from before. Called on that one's thread, while the others run.
    /// </summary>
    /// <param name="vcpu">The number of the one that asks.</param>
    void FlushOthers(int vcpu);

    /// <summary>A vCPU that took no part in the run is about to: where they take turns, it is waited for from now on.</summary>
    /// <param name="vcpu">Its number. Called on the thread of one that runs.</param>
    /// <param name="isComing">False for one that is not coming after all.</param>
    void Expect(int vcpu, bool isComing)
    {
    }

    /// <summary>Has writes to a port counted without an exit.</summary>
    /// <param name="port">The port.</param>
    /// <param name="size">Bytes of a write that counts: 1, 2 or 4. Others exit.</param>
    /// <param name="signal">What counts them.</param>
    /// <exception cref="SystemCallException">The host refused.</exception>
    void AddDoorbell(ushort port, int size, EventFd signal);

    /// <summary>Has one-byte writes to a port gathered in <see cref="IVcpu.CoalescedWrites"/> without an exit each.</summary>
    /// <returns>False where that cannot be had: then each write exits.</returns>
    /// <exception cref="SystemCallException">The host refused.</exception>
    bool TryCoalesce(ushort port);

    /// <summary>
    /// Forgets what was derived from the guest's page tables, which are about to change behind the processor's back. No vCPU may
    /// be running.
    /// </summary>
    /// <exception cref="SystemCallException">The host refused.</exception>
    void ForgetPageTables();
}
