using System.Buffers.Binary;
using Iced.Intel;
using KvmActors.Fuzz.Tests.Running;
using KvmActors.Linux.Hypercalls;

namespace KvmActors.Fuzz.Tests.Kvm;

/// <summary>
/// Code that no compiler makes: instructions of every kind that a guest's kernel has, with operands where something is, and bytes
/// that are none. Encoded by hand, so that what is not allowed can be had too.
/// </summary>
/// <param name="bits">16, 32 or 64.</param>
/// <param name="input">Where the choices come from.</param>
internal sealed class GuestCode(int bits, FuzzInput input)
{
    // Where something is: the bank of registers, an interrupt controller, page tables and their surroundings, the end of memory.
    private static readonly uint[] Addresses =
    [
        GuestLayout.Data, 0, 0x7FFC, 0xFFFF, 0x10_0000 - 4, 0x1F_6000, 0x1F_7000, 0x1F_7008, 0x1F_8000, 0x1F_9000, 0x20_0000, 0x40_0000 - 4, 0x40_0000,
        GuestLayout.Bank, GuestLayout.Bank + 60, 0xFEE0_0000, 0xFEC0_0000, 0xFFFF_FFF0, 0x8000_0000, GuestLayout.Code, GuestLayout.Idt,
    ];

    private static readonly uint[] Values =
        [0, 1, 2, 4, 0x10, 0x20, 0x500, 0xD01, 0x1000, 0x1F_7000, 0xFFFF, 0x6000_0010, 0x8000_0011, 0x8001_0033, 0x8005_0033, 0x7FFF_FFFF, 0xFFFF_FFFF];

    private static readonly ushort[] Ports =
    [
        0x3F8, 0xE9, GuestLayout.CoalescedPort, GuestLayout.DebugExitPort, GuestLayout.DoorbellPort, 0x3F9, 0x3FD, 0x2F8, 0x2FD, 0x20, 0x40, 0x60, 0x64, 0x70, 0x92,
        0xCF8, 0xFFFE, 0,
    ];

    private static readonly uint[] Registers =
    [
        0xC000_0082, 0xC000_0080, 0xC000_0081, 0xC000_0084, 0xC000_0100, 0xC000_0101, 0xC000_0102, 0xC000_0103, 0x10, 0x3B, 0x48, 0x49, 0x174, 0x175, 0x176, 0x1B,
        0x277, 0x200, 0x201, 0x2FF, 0x1A0, 0x1D9, 0x17A, 0x400, 0x402, 0x6E0, 0xDA0, 0x6A0, 0x6A2, 0x79, 0x8B, 0x9E, 0x11, 0x12, 0x4B56_4D00, 0x4B56_4D01, 0x4B56_4D02,
        0x4B56_4D03, 0x4B56_4D04, 0x4B56_4D10, 0x4000_0000, 0x4000_0001, 0x4000_0021, 0x4000_0080, 0x800, 0x80F, 0x830, 0xC001_0000, 0xC001_0015, 0xC001_0111,
        0xC001_0114, 0xC001_0117, 0xC001_0140, 0xC001_0141, 0xC001_1020, 0xC001_1029,
    ];

    // Instructions without an operand in memory. HLT first: it is the simplest end.
    private static readonly byte[][] Plain =
    [
        [0xF4], [0x90], [0x0F, 0xA2], [0x0F, 0x31], [0x0F, 0x01, 0xF9], [0x0F, 0x33], [0x0F, 0x32], [0x0F, 0x30], [0xF3, 0x90], // cpuid rdtsc rdtscp rdpmc rdmsr wrmsr pause
        [0xFA], [0xFB], [0xFC], [0xFD], [0x9C], [0x9D], [0x9E], [0xCC], [0xCE], [0xF1], [0x0F, 0x0B], [0xCD, 0x80], [0xCD, 3], [0xCD, 0], [0xCD, 0x0E],
        [0xCF], [0x48, 0xCF], [0xC3], [0xCB], [0xC9], [0x0F, 0x05], [0x0F, 0x07], [0x48, 0x0F, 0x07], [0x0F, 0x34], [0x0F, 0x35], // iret ret retf leave syscall sysret sysenter sysexit
        [0x0F, 0x06], [0x0F, 0x08], [0x0F, 0x09], [0x0F, 0x01, 0xF8], [0x0F, 0x01, 0xC8], [0x0F, 0x01, 0xC9], // clts invd wbinvd swapgs monitor mwait
        [0x0F, 0x01, 0xC1], [0x0F, 0x01, 0xD9], [0x0F, 0x01, 0xD8], [0x0F, 0x01, 0xDA], [0x0F, 0x01, 0xDB], [0x0F, 0x01, 0xDC], [0x0F, 0x01, 0xDD], [0x0F, 0x01, 0xDE], // vmcall vmmcall vmrun vmload vmsave stgi clgi skinit
        [0x0F, 0x01, 0xC2], [0x0F, 0x01, 0xC4], [0x0F, 0xAA], [0x0F, 0x37], [0x0F, 0x01, 0xCF], [0x0F, 0x01, 0xD1], [0x0F, 0x01, 0xD0], // vmlaunch vmxoff rsm getsec encls xsetbv xgetbv
        [0x0F, 0x01, 0xCA], [0x0F, 0x01, 0xCB], [0x0F, 0x01, 0xEE], [0x0F, 0x01, 0xEF], [0x0F, 0x0E], [0x0F, 0x77], [0xDB, 0xE3], [0x9B], [0xD9, 0xF0], // clac stac rdpkru wrpkru femms emms fninit wait f2xm1
        [0x0F, 0xC7, 0xF0], [0x0F, 0xC7, 0xF8], [0xF3, 0x0F, 0xAE, 0xD0], [0xF3, 0x0F, 0xAE, 0xD8], [0xF3, 0x48, 0x0F, 0xAE, 0xD8], // rdrand rdseed wrfsbase wrgsbase
        [0x66, 0x0F, 0xEF, 0xC0], [0x0F, 0x58, 0xC1], [0xC5, 0xFC, 0x58, 0xC1], [0xC5, 0xF8, 0x77], [0xC4, 0xE2, 0x7D, 0x18, 0xC0], [0x62, 0xF1, 0x7C, 0x48, 0x58, 0xC1],
        [0x6C], [0x6D], [0x6E], [0x6F], [0xF3, 0x6C], [0xF3, 0x6D], [0xF3, 0x6E], [0xF3, 0x6F], [0xF3, 0xA4], [0xF3, 0xA5], [0xF3, 0xAA], [0xF3, 0xAB], [0xF2, 0xAE],
        [0x06], [0x07], [0x0E], [0x16], [0x17], [0x1E], [0x1F], [0x0F, 0xA0], [0x0F, 0xA1], [0x0F, 0xA8], [0x60], [0x61], [0x8E, 0xD8], [0x8E, 0xC0], [0x8E, 0xD0], [0x8E, 0xE0], [0x8C, 0xC8],
        [0x0F, 0x00, 0xD8], [0x0F, 0x00, 0xD0], [0x0F, 0x01, 0xF0], [0xF7, 0xF0], [0xF7, 0xF8], [0x0F, 0xB8, 0xC0], [0xF3, 0x0F, 0xB8, 0xC0], [0x50], [0x58], [0xFF, 0xE0], [0xFF, 0xD0],
    ];

    // Opcodes whose ModRM names memory, and the bits between.
    private static readonly (byte[] Opcode, int Extension)[] WithMemory =
    [
        ([0x89], -1), ([0x8B], -1), ([0x88], -1), ([0x8A], -1), ([0xC7, 0], 0), ([0xFF], 0), ([0xFF], 2), ([0xFF], 3), ([0xFF], 4), ([0xFF], 5), ([0xFF], 6), ([0x8F], 0),
        ([0x0F, 0x01], 0), ([0x0F, 0x01], 1), ([0x0F, 0x01], 2), ([0x0F, 0x01], 3), ([0x0F, 0x01], 4), ([0x0F, 0x01], 6), ([0x0F, 0x01], 7),
        ([0x0F, 0x00], 0), ([0x0F, 0x00], 1), ([0x0F, 0x00], 2), ([0x0F, 0x00], 3), ([0x0F, 0xAE], 0), ([0x0F, 0xAE], 1), ([0x0F, 0xAE], 2), ([0x0F, 0xAE], 3),
        ([0x0F, 0xAE], 4), ([0x0F, 0xAE], 5), ([0x0F, 0xAE], 7), ([0x0F, 0xC7], 1), ([0x0F, 0xC7], 3), ([0x0F, 0xC7], 5), ([0x0F, 0xC7], 6), ([0xF3, 0x0F, 0xC7], 6),
        ([0xF0, 0x0F, 0xB1], -1), ([0xF0, 0x0F, 0xC1], -1), ([0x87], -1), ([0x0F, 0xAB], -1), ([0xF0, 0x0F, 0xAB], -1), ([0x8E], 3), ([0x8E], 0), ([0x8E], 2), ([0x8C], 1),
        ([0x0F, 0xB2], -1), ([0xC4], -1), ([0xC5], -1), ([0x62], -1), ([0x0F, 0x28], -1), ([0x0F, 0x29], -1), ([0x66, 0x0F, 0x6F], -1), ([0x66, 0x0F, 0xE7], -1), ([0xDD], 0), ([0xDD], 4),
        ([0xDD], 6), ([0xD9], 4), ([0xDF], 7), ([0x0F, 0x20], -1), ([0x66, 0x0F, 0x38, 0x82], -1), ([0xF2, 0x0F, 0x38, 0xF1], -1), ([0x0F, 0x38, 0xF0], -1), ([0x0F, 0xC3], -1),
    ];

    private readonly List<byte> _bytes = [];

    /// <summary>Makes some code, at most so many bytes.</summary>
    public static byte[] Make(int bits, FuzzInput input, int maxBytes, int maxInstructions = 24)
    {
        var code = new GuestCode(bits, input);
        if (!input.OneIn(8))
        {
            // Exceptions then end in a HLT; without this, in a triple fault.
            code.Memory([0x0F, 0x01], 3, GuestLayout.IdtPointer);
            if (bits == 32)
            {
                code.Memory([0x0F, 0x01], 2, GuestLayout.GdtPointer);
            }
        }

        for (var count = 1 + input.Next(maxInstructions); count > 0; count--)
        {
            code.Add();
        }

        code._bytes.Add(0xF4);
        var bytes = code._bytes.Take(maxBytes).ToArray();
        if (input.IsDescribed)
        {
            code.Describe(bytes);
        }

        return bytes;
    }

    private void Add()
    {
        switch (input.Next(14))
        {
            case 0 or 1:
                _bytes.AddRange(input.Pick<byte[]>(Plain));
                break;
            case 2 or 3:
                var (opcode, extension) = input.Pick<(byte[], int)>(WithMemory);
                Memory(opcode, extension < 0 ? input.Next(8) : extension, Address());
                break;
            case 4:
                Move(input.Next(8), input.OneIn(4) ? (uint)input.Bits() : input.Pick(Values));
                break;
            case 5:
                Move(2, input.OneIn(8) ? (uint)input.Next(0x1_0000) : input.Pick(Ports));
                Move(1, (uint)input.Next(0x200));
                _bytes.AddRange(input.Pick<byte[]>([[0xEE], [0xEC], [0xEF], [0xED], [0x66, 0xEF], [0x66, 0xED], [0xF3, 0x6E], [0xF3, 0x6C], [0xF3, 0x6F], [0xF3, 0x6D]]));
                break;
            case 6:
                Hypercall();
                break;
            case 7:
                Move(1, input.OneIn(8) ? (uint)input.Bits() : input.Pick(Registers));
                Move(0, input.OneIn(2) ? (uint)input.Bits() : input.Pick(Values));
                Move(2, input.OneIn(4) ? (uint)input.Bits() : 0);
                _bytes.AddRange(input.OneIn(4) ? [0x0F, 0x32] : [0x0F, 0x30]);
                break;
            case 8:
                // mov crN/drN, eax, and back.
                Move(0, input.OneIn(3) ? (uint)input.Bits() : input.Pick(Values));
                var number = input.Pick<int>([0, 2, 3, 4, 8, 7, 1]);
                _bytes.AddRange(number == 8 && bits == 64 ? [0x44, 0x0F, 0x22, 0xC0] : [0x0F, input.Pick<byte>([0x22, 0x20, 0x23, 0x21]), (byte)(0xC0 | ((number & 7) << 3))]);
                break;
            case 9:
                // Jumps, near and far, conditional and not, loops and calls.
                _bytes.AddRange([input.Pick<byte>([0xEB, 0x74, 0x75, 0xE2, 0xE3]), (byte)input.Next(256)]);
                break;
            case 10:
                _bytes.AddRange([input.Pick<byte>([0xEA, 0x9A]), .. BitConverter.GetBytes(Address()).AsSpan(0, bits == 16 ? 2 : 4), input.Pick<byte>([8, 0x10, 0x28, 0x33, 0, 0xFF]), 0]);
                break;
            case 11:
                Move(6, Address());
                Move(7, Address());
                Move(1, input.OneIn(4) ? (uint)input.Bits() : (uint)input.Next(64));
                _bytes.AddRange(input.Pick<byte[]>([[0xF3, 0xA4], [0xF3, 0xAB], [0xF3, 0xA6], [0xF2, 0xAE], [0xF3, 0xAC], [0xF3, 0x48, 0xA5]]));
                break;
            case 12:
                Move(0, input.Pick(Values));
                Move(2, 0);
                Move(1, (uint)input.Next(3));
                _bytes.AddRange([0x0F, 0x01, 0xD1]);
                break;
            default:
                var random = new byte[1 + input.Next(12)];
                input.Fill(random);
                _bytes.AddRange(random);
                break;
        }
    }

    private void Hypercall()
    {
        Move(2, (uint)(input.OneIn(8) ? (HypercallPort)(0x8000 + input.Next(0x100)) : input.Pick(Enum.GetValues<HypercallPort>().AsSpan())));
        Move(0, input.OneIn(4) ? Address() : GuestLayout.Data + (uint)(8 * input.Next(32)));
        if (bits == 16)
        {
            _bytes.Add(0x66);
        }

        _bytes.Add(0xEF);
        if (bits == 16)
        {
            _bytes.Add(0x66);
        }

        _bytes.Add(0xED);
    }

    private uint Address() => input.OneIn(6) ? (uint)input.Bits() : input.Pick(Addresses);

    private void Move(int register, uint value)
    {
        if (bits == 16)
        {
            _bytes.Add(0x66);
        }

        _bytes.Add((byte)(0xB8 + register));
        Word(value);
    }

    // An absolute address by a SIB byte without base and index: that is the same in every mode.
    private void Memory(ReadOnlySpan<byte> opcode, int extension, uint address)
    {
        if (bits == 16)
        {
            _bytes.Add(0x67);
        }

        _bytes.AddRange(opcode);
        _bytes.AddRange([(byte)((extension << 3) | 4), 0x25]);
        Word(address);
    }

    private void Word(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
    }

    private void Describe(byte[] bytes)
    {
        var decoder = Decoder.Create(bits, bytes);
        decoder.IP = GuestLayout.Code;
        while (decoder.IP < GuestLayout.Code + (ulong)bytes.Length)
        {
            var instruction = decoder.Decode();
            input.Note($"{instruction.IP:x}: {instruction}");
        }
    }
}
