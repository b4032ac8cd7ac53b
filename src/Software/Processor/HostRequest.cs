namespace KvmActors.Software.Processor;

/// <summary>What the host has to do before the guest goes on.</summary>
internal enum HostRequestKind : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>To take what was written to a port; the data lies in <see cref="Cpu.PortData"/>.</summary>
    PortOut,

    /// <summary>To put into <see cref="Cpu.PortData"/> what a port gives.</summary>
    PortIn,

    /// <summary>To answer a load from memory that is not there.</summary>
    MemoryRead,

    /// <summary>To take a store to memory that is not there.</summary>
    MemoryWrite,

    /// <summary>To end or wait: HLT.</summary>
    Halt,

    /// <summary>To end: a triple fault.</summary>
    Shutdown,

    /// <summary>To end: instructions come from memory that is not there.</summary>
    CannotFetch,

    /// <summary>To look on: a breakpoint of the host's.</summary>
    Debug,
}

/// <summary>One of them.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Address">The port, or the guest-physical address; the linear one for <see cref="HostRequestKind.Debug"/>.</param>
/// <param name="Size">Bytes of one access.</param>
/// <param name="Count">How many accesses; the exception's vector for <see cref="HostRequestKind.Debug"/>.</param>
/// <param name="Data">What a store stores; DR6 for <see cref="HostRequestKind.Debug"/>.</param>
internal readonly record struct HostRequest(HostRequestKind Kind, ulong Address = 0, int Size = 0, int Count = 1, ulong Data = 0);
