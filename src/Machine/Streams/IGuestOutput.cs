using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Streams;

/// <summary>A guest's standard streams.</summary>
public enum GuestStream
{
    /// <summary>Standard input.</summary>
    Input = 0,

    /// <summary>Standard output and the console.</summary>
    Output = 1,

    /// <summary>Standard error.</summary>
    Error = 2,
}

/// <summary>Where the output of all guests goes. Called from the threads of many vCPUs at once, each of which may wait here.</summary>
public interface IGuestOutput
{
    /// <summary>Takes bytes that one guest wrote.</summary>
    /// <param name="vm">The instance, for example <c>reader-0</c>.</param>
    /// <param name="stream">Which of its streams.</param>
    /// <param name="bytes">What it wrote; not to be kept.</param>
    /// <param name="stopSignal">
    /// Ends a wait, for a reader or for another guest's write: the vCPUs' threads are kicked until they have ended, so calls that
    /// wait end with EINTR. Null for nothing.
    /// </param>
    /// <returns>Why it could not be taken, for the guest to see; EINTR when the VM was told to stop meanwhile; otherwise None.</returns>
    Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal);

    /// <summary>
    /// The terminal that a guest's stream goes to, as the number of a standard stream of this process (0, 1 or 2): the guest
    /// sees its size and its settings. Null when there is none, or the guest is not to know.
    /// </summary>
    int? TerminalOf(GuestStream stream) => null;
}
