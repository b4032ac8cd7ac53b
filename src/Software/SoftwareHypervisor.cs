using KvmActors.Machine.Processor;

namespace KvmActors.Software;

/// <summary>Virtual machines whose processors are this program: no device is needed, and every run is the same.</summary>
/// <param name="seed">What the guests' random numbers come of.</param>
public sealed class SoftwareHypervisor(ulong seed = 0) : IHypervisor
{
    /// <inheritdoc/>
    public Backend Backend => Backend.Software;

    /// <inheritdoc/>
    public bool IsRepeatable => true;

    /// <inheritdoc/>
    public IVirtualMachine CreateVm() => new SoftwareMachine(seed);
}
