using KvmActors.Interop.Kvm;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Devices;

/// <summary>A port whose write ends the VM, the value being its exit status.</summary>
internal sealed class DebugExit(DebugExitSpec spec) : IPortDevice
{
    /// <inheritdoc/>
    public DeviceReport? Report => null;

    /// <inheritdoc/>
    public bool Claims(ushort port) => port == spec.Port;

    /// <inheritdoc/>
    public VcpuEnd? Access(in IoExit io, ConsoleDevice console)
    {
        if (io.IsOut)
        {
            return new VcpuEnd(VcpuEndKind.Exited, Status: (int)io.Value) { EndsVm = true };
        }

        io.Data.Clear();
        return null;
    }
}
