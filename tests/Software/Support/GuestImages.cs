using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Images;

namespace KvmActors.Software.Tests.Support;

/// <summary>The guests that are built with this repository.</summary>
internal static class GuestImages
{
    /// <summary>One of them, as a machine to run.</summary>
    /// <param name="file">Its path below <c>guest</c>.</param>
    /// <param name="boot">How it starts.</param>
    /// <param name="memoryMiB">Its memory.</param>
    public static MachineSpec Machine(string file, BootProtocol boot, ulong memoryMiB = 4) => new()
    {
        Name = file,
        Boot = boot,
        Image = Load(file),
        MemoryBytes = memoryMiB << 20,
    };

    private static GuestImage Load(string file)
    {
        var bytes = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "guest", file));
        return bytes.AsSpan().StartsWith("\u007fELF"u8)
            ? ElfImage.Parse(bytes)
            : FlatImage.Parse(bytes, new GuestPhysAddr(0), 0);
    }
}
