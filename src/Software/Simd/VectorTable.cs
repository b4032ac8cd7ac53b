using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Simd;

/// <summary>A function of two vectors. For MMX their upper halves are 0, and what the result's are does not matter.</summary>
internal delegate Vector128<byte> VectorFunction(Vector128<byte> a, Vector128<byte> b);

/// <summary>A function of two vectors and an immediate operand.</summary>
internal delegate Vector128<byte> ControlledFunction(Vector128<byte> a, Vector128<byte> b, byte control);

/// <summary>Registers instructions that replace a vector by a function of it and of another (Intel SDM vol. 1, sections 9.4 and 11.4).</summary>
internal static class VectorTable
{
    /// <summary>An instruction whose XMM and MMX forms compute the same.</summary>
    public static void AddBinary(this HandlerTable table, Mnemonic mnemonic, VectorFunction function) =>
        AddBinary(table, mnemonic, function, function);

    /// <summary>An instruction that has an MMX form of its own.</summary>
    public static void AddBinary(this HandlerTable table, Mnemonic mnemonic, VectorFunction function, VectorFunction mmx)
    {
        OpHandler onXmm = (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            var b = cpu.ReadXmm(op, op.B);
            ref var a = ref cpu.Xmm[op.A.Index];
            a = function(a, b);
        };
        OpHandler onMmx = (Cpu cpu, in Op op) =>
        {
            cpu.CheckMmx();
            var b = op.B.IsMemory && op.SizeB == 4 ? cpu.Load<uint>(op) : cpu.ReadMmx(op, op.B);
            cpu.SetMmx(op.A.Index, mmx(cpu.GetMmx(op.A.Index), Vector128.CreateScalar(b).AsByte()));
        };
        table.Add(mnemonic, (in Op op) => op.A.Kind == OperandKind.Mmx ? onMmx : onXmm);
    }

    /// <summary>An instruction with an immediate operand, on XMM registers.</summary>
    public static void AddControlled(this HandlerTable table, Mnemonic mnemonic, ControlledFunction function) =>
        table.Add(mnemonic, (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            var b = cpu.ReadXmm(op, op.B);
            ref var a = ref cpu.Xmm[op.A.Index];
            a = function(a, b, (byte)op.Immediate);
        });

    /// <summary>An instruction of XMM registers whose third operand is XMM0.</summary>
    public static void AddMasked(this HandlerTable table, Mnemonic mnemonic, Func<Vector128<byte>, Vector128<byte>, Vector128<byte>, Vector128<byte>> function) =>
        table.Add(mnemonic, (Cpu cpu, in Op op) =>
        {
            cpu.CheckSse();
            var b = cpu.ReadXmm(op, op.B);
            ref var a = ref cpu.Xmm[op.A.Index];
            a = function(a, b, cpu.Xmm[0]);
        });

    /// <summary>An MMX register, with zeros above it.</summary>
    public static Vector128<byte> GetMmx(this Cpu cpu, int index) => Vector128.CreateScalar(cpu.X87.Significands[index]).AsByte();

    /// <summary>Writes an MMX register, after everything that may fault.</summary>
    public static void SetMmx(this Cpu cpu, int index, Vector128<byte> value)
    {
        cpu.EnterMmx();
        cpu.WriteMmx(index, value.AsUInt64().ToScalar());
    }

    /// <summary>Two MMX registers side by side.</summary>
    public static Vector128<byte> Join(Vector128<byte> low, Vector128<byte> high) =>
        Vector128.Create(low.GetLower(), high.GetLower());
}
