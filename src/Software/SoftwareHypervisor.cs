using KvmActors.Machine.Processor;

namespace KvmActors.Software;

/// <summary>Virtual machines whose processors are this program: no device is needed, and every run is the same.</summary>
/// <param name="isDeterministic">
/// Whether it is: time and random numbers are the machine's own, and vCPUs take turns. Otherwise they are the host's, and each vCPU runs
/// when its thread does.
/// </param>
public sealed class SoftwareHypervisor(bool isDeterministic = true) : IHypervisor
{
    /// <inheritdoc/>
    public Backend Backend => Backend.Software;

    /// <inheritdoc/>
    public bool IsRepeatable => isDeterministic;

    /// <inheritdoc/>
    public IVirtualMachine CreateVm() => new SoftwareMachine(isDeterministic);
}
