using System.Buffers.Binary;
using Iced.Intel;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Machine.Processor;
using KvmActors.Software.Tests.Hardware;

namespace KvmActors.Software.Tests.Differential;

/// <summary>A random program for ring 3, and the state it starts from: both come of one seed.</summary>
internal sealed class RandomProgram
{
    private const ulong AllStatus = 0x8D5;

    private readonly List<Instruction> _instructions;

    private readonly int _bits;

    private RandomProgram(int bits, List<Instruction> instructions) => (_bits, _instructions) = (bits, instructions);

    public required kvm_regs Registers { get; init; }

    public required byte[] Data { get; init; }

    public required byte[] Stack { get; init; }

    /// <summary>What its first instruction loads: x87 and SSE registers as FXSAVE64 stores them; none for 32 bits.</summary>
    public required byte[] FloatingPoint { get; init; }

    public int Length => _instructions.Count;

    /// <summary>The flags that nobody knows when it has come to an address.</summary>
    public ulong UndefinedFlagsAt(ulong rip)
    {
        var undefined = 0UL;
        foreach (var (_, instruction) in Encode(new CodeWriterImpl()).TakeWhile(placed => placed.Address < rip))
        {
            undefined = Undefined(undefined, instruction);
        }

        return undefined;
    }

    /// <summary>The instruction at an address; <see cref="Mnemonic.INVALID"/> where none begins.</summary>
    public Mnemonic MnemonicAt(ulong rip) =>
        Encode(new CodeWriterImpl()).FirstOrDefault(placed => placed.Address == rip).Instruction.Mnemonic;

    /// <summary>Makes a program.</summary>
    /// <param name="seed">What it comes of.</param>
    /// <param name="codes">The instructions to choose from.</param>
    /// <param name="length">How many, at most.</param>
    /// <param name="bits">64 or 32.</param>
    public static RandomProgram Create(int seed, IReadOnlyList<Code> codes, int length, int bits = 64)
    {
        var random = new Random(seed);
        var data = new byte[RingThree.DataBytes];
        var stack = new byte[RingThree.StackBytes];

        // Random's own takes longer for so many than all the rest.
        var filler = new GuestRandom();
        filler.Restart((ulong)seed);
        filler.Fill(data);
        filler.Fill(stack);
        var registers = new kvm_regs
        {
            rax = RandomValue(random),
            rbx = RandomValue(random),
            rcx = RandomValue(random),
            rdx = RandomValue(random),
            rsi = RingThree.Data + (ulong)random.Next(0x2000),
            rdi = RingThree.Data + (ulong)random.Next(0x2000),
            rbp = RandomValue(random),
            rsp = RingThree.Stack + 0x800,
            r8 = RandomValue(random),
            r9 = RandomValue(random),
            r10 = RandomValue(random),
            r11 = RandomValue(random),
            r12 = RandomValue(random),
            r13 = RandomValue(random),
            r14 = (ulong)random.Next(0x200),
            r15 = RingThree.Data + 0x1000,
            rflags = 2 | ((ulong)random.Next() & 0x8D5),
        };
        if (bits == 32)
        {
            registers = Narrow(registers);
        }

        var maker = new InstructionMaker(random, bits);
        var instructions = new List<Instruction>();
        var undefined = 0UL;
        for (var count = random.Next(1, length + 1); count > 0; count--)
        {
            if (maker.TryMake(codes[random.Next(codes.Count)], out var instruction) && (Bits(instruction.RflagsRead) & undefined) == 0)
            {
                instructions.Add(instruction);
                undefined = Undefined(undefined, instruction);
            }
        }

        return new RandomProgram(bits, instructions)
        {
            Registers = registers,
            Data = data,
            Stack = stack,
            FloatingPoint = bits == 64 ? RandomFloatingPoint(random) : [],
        };
    }

    /// <summary>The same without one of its instructions.</summary>
    public RandomProgram Without(int index)
    {
        var left = _instructions.ToList();
        left.RemoveAt(index);
        return new RandomProgram(_bits, left) { Registers = Registers, Data = Data, Stack = Stack, FloatingPoint = FloatingPoint };
    }

    /// <summary>Its code, which ends with UD2.</summary>
    public byte[] Assemble()
    {
        var writer = new CodeWriterImpl();
        _ = Encode(writer).Count();
        return [.. writer.ToArray(), 0x0F, 0x0B];
    }

    // Each instruction where it is, written when it is asked for.
    private IEnumerable<(ulong Address, Instruction Instruction)> Encode(CodeWriterImpl writer)
    {
        var encoder = Encoder.Create(_bits, writer);
        var at = RingThree.Code;
        foreach (var instruction in (IEnumerable<Instruction>)[.. Beginning(), .. _instructions])
        {
            var length = encoder.Encode(instruction, at);
            yield return (at, instruction);
            at += length;
        }
    }

    public override string ToString() =>
        string.Join("; ", _instructions.Select(instruction => $"{instruction} [{instruction.Code}]"));

    private IEnumerable<Instruction> Beginning() => FloatingPoint.Length == 0
        ? []
        : [Instruction.Create(Code.Fxrstor64_m512byte, new MemoryOperand(Register.None, (long)RingThree.FloatingPoint, 4))];

    // Mostly with all exceptions masked; none is pending.
    private static byte[] RandomFloatingPoint(Random random)
    {
        const int ControlAt = 0, StatusAt = 2, TagsAt = 4, MxcsrAt = 24, RegistersAt = 32, XmmAt = 160;
        var image = new byte[512];
        var operands = new Operands(random);
        var masks = random.Next(4) == 0 ? random.Next(64) : 0x3F;
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(ControlAt), (ushort)(masks | 0x40 | (random.Next(4) << 10) | (random.Next(2, 4) << 8)));
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(StatusAt), (ushort)((random.Next(8) << 11) | (random.Next(16) << 8 & 0x4700)));
        image[TagsAt] = (byte)random.Next(256);
        masks = random.Next(4) == 0 ? random.Next(64) : 0x3F;
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(MxcsrAt), (uint)((masks << 7) | (random.Next(8) << 13) | (random.Next(4) == 0 ? 0x40 : 0)));
        for (var index = 0; index < 8; index++)
        {
            var (significand, signExponent) = operands.Extended();
            BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(RegistersAt + (16 * index)), significand);
            BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(RegistersAt + (16 * index) + 8), signExponent);
        }

        for (var index = 0; index < 16; index++)
        {
            operands.Fill(image.AsSpan(XmmAt + (16 * index), 16), random.Next(3));
        }

        return image;
    }

    // EBP and EBX take the places of R15 and R14.
    private static kvm_regs Narrow(in kvm_regs wide) => new()
    {
        rax = (uint)wide.rax,
        rbx = wide.r14,
        rcx = (uint)wide.rcx,
        rdx = (uint)wide.rdx,
        rsi = wide.rsi,
        rdi = wide.rdi,
        rbp = wide.r15,
        rsp = wide.rsp,
        rflags = wide.rflags,
    };

    private static ulong RandomValue(Random random) => random.Next(6) switch
    {
        0 => (ulong)random.Next(0, 65),
        1 => ulong.MaxValue - (ulong)random.Next(0, 65),
        2 => 1UL << random.Next(64),
        3 => (ulong)random.NextInt64() & 0xFFFF_FFFF,
        _ => ((ulong)random.NextInt64() << 1) | (uint)random.Next(2),
    };

    private static ulong Undefined(ulong before, Instruction instruction)
    {
        // A shift by CL may be one by 0, and a repeated instruction may be repeated 0 times: that leaves all flags alone.
        var isVariable = instruction.HasRepPrefix || instruction.HasRepnePrefix || instruction.OpCount > 1 && instruction.GetOpKind(instruction.OpCount - 1) == OpKind.Register
            && instruction.GetOpRegister(instruction.OpCount - 1) == Register.CL;
        if (instruction.Mnemonic is Mnemonic.Shld or Mnemonic.Shrd && instruction.Op1Register.GetSize() == 2)
        {
            // Of 16 bits by more than 16.
            return AllStatus;
        }

        var defined = isVariable ? 0 : Bits(instruction.RflagsWritten | instruction.RflagsCleared | instruction.RflagsSet);
        return (before & ~defined) | Bits(instruction.RflagsUndefined);
    }

    private static ulong Bits(RflagsBits bits)
    {
        var flags = 0UL;
        flags |= bits.HasFlag(RflagsBits.CF) ? 1UL : 0;
        flags |= bits.HasFlag(RflagsBits.PF) ? 1UL << 2 : 0;
        flags |= bits.HasFlag(RflagsBits.AF) ? 1UL << 4 : 0;
        flags |= bits.HasFlag(RflagsBits.ZF) ? 1UL << 6 : 0;
        flags |= bits.HasFlag(RflagsBits.SF) ? 1UL << 7 : 0;
        flags |= bits.HasFlag(RflagsBits.DF) ? 1UL << 10 : 0;
        flags |= bits.HasFlag(RflagsBits.OF) ? 1UL << 11 : 0;
        return flags;
    }

    private sealed class CodeWriterImpl : CodeWriter
    {
        private readonly List<byte> _bytes = [];

        public override void WriteByte(byte value) => _bytes.Add(value);

        public byte[] ToArray() => [.. _bytes];
    }
}
