using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Images;

namespace KvmActors.Machine.Tests.Support;

/// <summary>Descriptions of machines, as tests want them.</summary>
internal static class Machines
{
    public const ulong MiB = 1 << 20;
    public const ulong GiB = 1 << 30;

    public static MachineSpec Real16(Code16 code, string name = "real") => new()
    {
        Name = name,
        Boot = BootProtocol.Real16,
        Image = FlatImage.Parse(code.ToArray(), new GuestPhysAddr(0), 0),
        MemoryBytes = 1 * MiB,
    };

    public static MachineSpec Long64(Code64 code, string name = "long") => new()
    {
        Name = name,
        Boot = BootProtocol.Long64,
        Image = FlatImage.Parse(code.ToArray(), new GuestPhysAddr(0), 0),
        MemoryBytes = 4 * MiB,
    };

    /// <summary>A machine whose image is all zeros.</summary>
    public static MachineSpec Blank(BootProtocol boot, ulong memoryBytes, ulong loadAddress = 0, int imageBytes = 1, ulong entry = 0) => new()
    {
        Name = "blank",
        Boot = boot,
        Image = FlatImage.Parse(new byte[imageBytes], new GuestPhysAddr(loadAddress), entry),
        MemoryBytes = memoryBytes,
    };
}
