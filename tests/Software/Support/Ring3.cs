using Iced.Intel;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Software.Tests.Differential;

namespace KvmActors.Software.Tests.Support;

/// <summary>Code in ring 3 of 64-bit mode on the processor in software, up to its first fault: UD2, when it comes to its end.</summary>
internal static class Ring3
{
    /// <summary>Runs code.</summary>
    /// <param name="code">Adds it to an assembler.</param>
    /// <param name="registers">Where it starts from; RSP, R14 and R15 point where <see cref="RingThree"/> says.</param>
    public static RingThreeResult Run(Action<Assembler> code, kvm_regs registers = default)
    {
        var assembler = new Assembler(64);
        code(assembler);
        assembler.ud2();
        var bytes = new List<byte>();
        assembler.Assemble(new Writer(bytes), RingThree.Code);
        registers.rsp = RingThree.Stack + 0x800;
        registers.r15 = RingThree.Data;
        registers.rflags |= 2;
        using var machine = new RingThree(new SoftwareHypervisor());
        return machine.Run([.. bytes], registers, new byte[RingThree.DataBytes], new byte[RingThree.StackBytes]);
    }

    private sealed class Writer(List<byte> bytes) : CodeWriter
    {
        public override void WriteByte(byte value) => bytes.Add(value);
    }
}
