using KvmActors.Interop.Memory;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Debugging;

/// <summary>A user program under a guest's kernel, as a debugger is shown it. Each vCPU that has a thread is one of its threads.</summary>
public interface IDebuggedProgram
{
    /// <summary>The path, in the guest, of the file that runs; empty when it cannot be told.</summary>
    string Path { get; }

    /// <summary>What its first thread found behind its environment, with the end mark.</summary>
    IReadOnlyList<byte> AuxiliaryVector { get; }

    /// <summary>The thread that a vCPU runs; null when it runs none. Any thread.</summary>
    ProgramThread? FindThread(int vcpu);

    /// <summary>Finds a thread's registers of ring 3. Call on the vCPU's thread; its guest must not run.</summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="context">Where the kernel has shown all of them, guest-physical; null when it has not.</param>
    UserRegisters FindRegisters(IVcpu vcpu, ulong? context);

    /// <summary>Whether memory that is not there yet would be all 0 for the program.</summary>
    bool IsPromised(GuestMemory memory, ulong linear);
}

/// <summary>One thread of a program.</summary>
/// <param name="Id">Its number, as gettid(2) tells it.</param>
/// <param name="Name">Its name.</param>
public sealed record ProgramThread(int Id, string Name);
