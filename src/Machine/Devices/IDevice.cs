using KvmActors.Interop.Kvm;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;

namespace KvmActors.Machine.Devices;

/// <summary>A device of a VM, used by all its vCPUs at once: what it changes, it changes without tearing and without a lock.</summary>
public interface IDevice
{
    /// <summary>What it has to say when the VM has ended; null when nothing.</summary>
    DeviceReport? Report { get; }
}

/// <summary>A device on ports.</summary>
public interface IPortDevice : IDevice
{
    /// <summary>Whether it answers a port.</summary>
    bool Claims(ushort port);

    /// <summary>Answers an access.</summary>
    /// <param name="io">The access.</param>
    /// <param name="console">The console of the vCPU that makes it.</param>
    /// <returns>How the vCPU ends, or null when it goes on.</returns>
    VcpuEnd? Access(in IoExit io, ConsoleDevice console);
}

/// <summary>A device in memory.</summary>
public interface IMmioDevice : IDevice
{
    /// <summary>How it is named where its exits are counted.</summary>
    ExitSite Site { get; }

    /// <summary>Whether it answers all of an access.</summary>
    bool Claims(ulong address, int length);

    /// <summary>Answers an access.</summary>
    void Access(in MmioExit mmio);
}
