using System.Buffers.Binary;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Images;

namespace KvmActors.Fuzz.Tests.Kvm;

/// <summary>Where fuzzed guests have what, in every mode. Exceptions end in a HLT, once the guest has loaded the table.</summary>
internal static class GuestLayout
{
    public const uint Halt = 0x100, Data = 0x800, Entry = 0x1000, Code = 0x1100, Gdt = 0x2F00, GdtPointer = 0x2FE0, IdtPointer = 0x2FF0, Idt = 0x3000, Results = 0x4000, End = 0x5000;
    public const uint Bank = 0xFED0_0000;
    public const ushort CoalescedPort = 0x500, DebugExitPort = 0xF4, DoorbellPort = 0x600;
    public const int MaxCode = (int)(Gdt - Code);

    private const int Vectors = 256;
    private const byte Hlt = 0xF4, CodeSelector = 8, InterruptGate = 0x8E;

    /// <summary>Bits of a mode's code.</summary>
    public static int BitsOf(BootProtocol boot) => boot switch
    {
        BootProtocol.Real16 => 16,
        BootProtocol.Protected32 => 32,
        _ => 64,
    };

    /// <summary>A machine of so many bits, whose first instruction is at <see cref="Entry"/>.</summary>
    /// <param name="boot">Real16, Protected32 or Long64.</param>
    /// <param name="atEntry">The code there.</param>
    public static MachineSpec Machine(BootProtocol boot, ReadOnlySpan<byte> atEntry) => new()
    {
        Name = boot.ToString(),
        Boot = boot,
        Image = FlatImage.Parse(ImageOf(boot, atEntry), new GuestPhysAddr(0), Entry),
        MemoryBytes = boot == BootProtocol.Real16 ? 1UL << 20 : 4UL << 20,
    };

    private static byte[] ImageOf(BootProtocol boot, ReadOnlySpan<byte> atEntry)
    {
        var image = new byte[End];
        image[0] = image[Halt] = Hlt;
        atEntry.CopyTo(image.AsSpan((int)Entry));
        var (gateBytes, bits) = boot switch
        {
            BootProtocol.Real16 => (4, 16),
            BootProtocol.Protected32 => (8, 32),
            _ => (16, 64),
        };
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan((int)IdtPointer), (ushort)((Vectors * gateBytes) - 1));
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan((int)IdtPointer + 2), Idt);

        // Flat code and data, as the vCPU has them (Intel SDM vol. 3A, section 3.4.5); loaded where code is of 32 bits.
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan((int)GdtPointer), 23);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan((int)GdtPointer + 2), Gdt);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan((int)Gdt + CodeSelector), 0x00CF_9B00_0000_FFFF);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan((int)Gdt + (2 * CodeSelector)), 0x00CF_9300_0000_FFFF);
        for (var vector = 0; vector < Vectors; vector++)
        {
            var gate = image.AsSpan((int)Idt + (vector * gateBytes));
            BinaryPrimitives.WriteUInt16LittleEndian(gate, (ushort)Halt);
            if (bits > 16)
            {
                (gate[2], gate[5]) = (CodeSelector, InterruptGate);
            }
        }

        return image;
    }
}
