using KvmActors.Machine.CoreDumps;

namespace KvmActors.Actors.Services;

/// <summary>Where core files of VMs that crashed go. Called on the VM's actor's thread, which waits for it.</summary>
public interface ICoreStore
{
    /// <summary>Writes one.</summary>
    /// <param name="vm">The instance.</param>
    /// <param name="dump">What goes into it; valid during the call.</param>
    /// <returns>The file.</returns>
    /// <exception cref="IOException">It cannot be written; the message says which and why.</exception>
    string Save(string vm, CoreDump dump);
}
