using System.Buffers.Binary;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Software.Tests.Hardware;
using KvmActors.Software.Tests.Support;

namespace KvmActors.Software.Tests.Differential;

/// <summary>One thing that a program does: some code, and what it needs in memory.</summary>
/// <param name="Text">What it is.</param>
/// <param name="IsUsers">Whether ring 3 does it.</param>
/// <param name="Code">The code, which may be anywhere.</param>
/// <param name="Memory">What to write to memory beforehand.</param>
internal sealed record RingZeroStep(string Text, bool IsUsers, byte[] Code, IReadOnlyList<(ulong Address, byte[] Bytes)> Memory);

/// <summary>A random program for ring 0, which may go on in ring 3, and the tables it works with: all come of one seed.</summary>
internal sealed class RingZeroProgram
{
    private const int MostSteps = 5;

    private readonly List<RingZeroStep> _steps;
    private readonly List<(ulong Address, byte[] Bytes)> _tables;

    private RingZeroProgram(List<RingZeroStep> steps, List<(ulong Address, byte[] Bytes)> tables) => (_steps, _tables) = (steps, tables);

    public required kvm_regs Registers { get; init; }

    public int Length => _steps.Count;

    /// <summary>What to write to memory before it runs, its code included.</summary>
    public IEnumerable<(ulong Address, byte[] Bytes)> Memory =>
        [.. _tables, .. _steps.SelectMany(step => step.Memory), (RingZero.Code, KernelCode()), (RingZero.UserCode, [.. Steps(isUsers: true), 0xF4])];

    public static RingZeroProgram Create(int seed)
    {
        var random = new Random(seed);
        var steps = new List<RingZeroStep>();
        var maker = new RingZeroSteps(random);
        for (var count = random.Next(1, MostSteps + 1); count > 0; count--)
        {
            steps.Add(maker.Next());
        }

        return new RingZeroProgram(steps, [.. Tables(random)])
        {
            Registers = new kvm_regs
            {
                rbx = (ulong)random.NextInt64(),
                rbp = (ulong)random.NextInt64(),
                r8 = (ulong)random.NextInt64(),
                r12 = (ulong)random.NextInt64(),
                rflags = 2 | ((ulong)random.Next() & 0x3CD5),
            },
        };
    }

    /// <summary>The same without one of its steps.</summary>
    public RingZeroProgram Without(int index)
    {
        var left = _steps.ToList();
        left.RemoveAt(index);
        return new RingZeroProgram(left, _tables) { Registers = Registers };
    }

    public override string ToString() => string.Join("; ", _steps.OrderBy(step => step.IsUsers).Select(step => $"{(step.IsUsers ? "ring 3: " : "")}{step.Text}"));

    private byte[] KernelCode()
    {
        var beginning = SoftwareVm.Assemble(64, RingZeroSteps.Begin);
        byte[] end = !_steps.Any(step => step.IsUsers)
            ? [0xF4]
            : SoftwareVm.Assemble(64, code =>
            {
                code.push(RingZero.UserDataSelector);
                code.push((int)RingZero.UserStack);
                code.pushfq();
                code.push(RingZero.UserCodeSelector);
                code.push((int)RingZero.UserCode);
                code.iretq();
            });
        return [.. beginning, .. Steps(isUsers: false), .. end];
    }

    private IEnumerable<byte> Steps(bool isUsers) => _steps.Where(step => step.IsUsers == isUsers).SelectMany(step => step.Code);

    private static IEnumerable<(ulong, byte[])> Tables(Random random)
    {
        foreach (var (start, count) in ((ulong, int)[])[(RingZero.Descriptors + 64, RingZero.DescriptorCount - 8), (RingZero.LocalDescriptors, RingZero.LocalDescriptorCount)])
        {
            var isUpper = false;
            for (var index = 0; index < count; index++)
            {
                // QEMU takes tables and tasks whose base is not canonical.
                var descriptor = isUpper ? new byte[8] : RandomDescriptor(random);
                isUpper = (descriptor[5] & 0x1F) is 2 or 9 or 11;
                yield return (start + ((ulong)index * 8), descriptor);
            }
        }

        var data = new byte[0x1000];
        random.NextBytes(data);
        yield return (RingZero.Data, data);
        var image = new byte[512];
        var operands = new Operands(random);
        BinaryPrimitives.WriteUInt16LittleEndian(image, 0x37F);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(24), 0x1F80);
        for (var index = 0; index < 16; index++)
        {
            operands.Fill(image.AsSpan(160 + (16 * index), 16), 1);
        }

        yield return (RingZero.FloatingPoint, image);
    }

    // Segments of all types, all of 4 GiB from address 0; now and then what belongs to the system.
    private static byte[] RandomDescriptor(Random random)
    {
        var isSegment = random.Next(5) != 0;

        // Far branches to code that was never accessed do not mark it in QEMU, and types of protected mode are as good to it in long mode.
        var type = isSegment ? random.Next(16) : random.GetItems<int>([0, 2, 8, 9, 10, 11, 12, 13, 14, 15], 1)[0];
        type |= isSegment && type >= 8 ? 1 : 0;
        var access = type | (isSegment ? 0x10 : 0) | (random.Next(4) << 5) | (random.Next(6) != 0 ? 0x80 : 0);

        // QEMU's far returns by 4 bytes look at the size of the stack segment in 64-bit mode, too.
        var flags = type < 8 ? 0xC : random.Next(4) switch { 0 => 0xA, 1 => 0xC, 2 => 0x8, _ => random.Next(3) * 2 };
        var descriptor = isSegment
            ? 0x000F_0000_0000_FFFFUL | ((ulong)(flags | 8) << 52)
            : type is 4 or 12
                ? RingZero.Landing | ((ulong)RandomSelector(random) << 16) | (RingZero.Landing >> 16 << 48)
                : RingZero.Task << 16 | 0xFFF;
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, descriptor | ((ulong)access << 40));
        return bytes;
    }

    /// <summary>A selector: one of those that are good, or any.</summary>
    public static ushort RandomSelector(Random random) => random.Next(4) switch
    {
        0 => random.Next(8) switch
        {
            0 => 0,
            1 => RingZero.KernelDataSelector,
            2 => RingZero.UserDataSelector,
            3 => RingZero.UserCodeSelector,
            4 => RingZero.UserCode32Selector,
            5 => RingZero.TaskSelector,
            6 => (ushort)random.Next(0x100, 0x200),
            _ => RingZero.KernelCodeSelector,
        },
        1 => (ushort)((random.Next(RingZero.LocalDescriptorCount) << 3) | 4 | random.Next(4)),
        _ => (ushort)((random.Next(8, RingZero.DescriptorCount) << 3) | (random.Next(2) == 0 ? 0 : random.Next(4))),
    };
}
