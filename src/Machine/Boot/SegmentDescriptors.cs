using KvmActors.Interop.Kvm.Native;

namespace KvmActors.Machine.Boot;

/// <summary>Flat segments, as descriptors in memory and as the registers' hidden parts (Intel SDM vol. 3A, section 3.4.5).</summary>
internal static class SegmentDescriptors
{
    private const byte CodeReadAccessed = 0xB;
    private const byte DataWriteAccessed = 0x3;

    /// <summary>The boot GDT: null, kernel code and data, two unused, user data and code, then room for a 16-byte TSS descriptor.</summary>
    public static ReadOnlySpan<ulong> LongModeGdt =>
    [
        0,
        0x00AF_9B00_0000_FFFF,
        0x00CF_9300_0000_FFFF,
        0,
        0,
        0x00CF_F300_0000_FFFF,
        0x00AF_FB00_0000_FFFF,
        0,
        0,
    ];

    /// <summary>A code segment over 4 GiB.</summary>
    /// <param name="is64Bit">True for 64-bit code, false for 32-bit code.</param>
    public static kvm_segment FlatCode(bool is64Bit)
    {
        var segment = Flat(CodeReadAccessed, MemoryLayout.KernelCodeSelector);
        segment.l = (byte)(is64Bit ? 1 : 0);
        segment.db = (byte)(is64Bit ? 0 : 1);
        return segment;
    }

    /// <summary>A data segment over 4 GiB.</summary>
    public static kvm_segment FlatData()
    {
        var segment = Flat(DataWriteAccessed, MemoryLayout.KernelDataSelector);
        segment.db = 1;
        return segment;
    }

    private static kvm_segment Flat(byte type, ushort selector) => new()
    {
        limit = uint.MaxValue,
        selector = selector,
        type = type,
        present = 1,
        s = 1,
        g = 1,
    };
}
