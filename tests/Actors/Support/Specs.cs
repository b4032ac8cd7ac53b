using KvmActors.Actors.Boot;
using KvmActors.Actors.Images;
using KvmActors.Actors.Vm;
using KvmActors.Interop.Memory;

namespace KvmActors.Tests.Support;

/// <summary>VMs described in a word or two; everything else as small as it goes.</summary>
internal static class Specs
{
    public const ulong MiB = 1 << 20;
    public const ulong GiB = 1 << 30;

    /// <summary>How long a test waits for what must come, however loaded the machine.</summary>
    public static readonly TimeSpan Patience = TestTime.Seconds(60);

    // Longer than any test waits: a guest that nothing else stops makes its test fail.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);

    public static VmSpec Real16(Code16 code, string name = "real") => new()
    {
        Name = name,
        Instances = 1,
        Boot = BootProtocol.Real16,
        Image = FlatImage.Parse(code.ToArray(), new GuestPhysAddr(0), 0),
        MemoryBytes = 1 * MiB,
        Timeout = Timeout,
    };

    public static VmSpec Long64(Code64 code, string name = "long") => new()
    {
        Name = name,
        Instances = 1,
        Boot = BootProtocol.Long64,
        Image = FlatImage.Parse(code.ToArray(), new GuestPhysAddr(0), 0),
        MemoryBytes = 4 * MiB,
        Timeout = Timeout,
    };

    /// <summary>A VM whose image is these zero bytes.</summary>
    public static VmSpec Blank(BootProtocol boot, ulong memoryBytes, ulong loadAddress = 0, int imageBytes = 1, ulong entry = 0) => new()
    {
        Name = "blank",
        Instances = 1,
        Boot = boot,
        Image = FlatImage.Parse(new byte[imageBytes], new GuestPhysAddr(loadAddress), entry),
        MemoryBytes = memoryBytes,
        Timeout = Timeout,
    };
}
