using System.Buffers.Binary;
using Iced.Intel;
using KvmActors.Software.Tests.Hardware;

namespace KvmActors.Software.Tests.X87;

/// <summary>x87 instructions with registers, control and status words at random.</summary>
internal static class X87Cases
{
    /// <summary>A case.</summary>
    /// <param name="random">Where it comes from.</param>
    /// <param name="code">The instruction.</param>
    /// <param name="masks">Which exceptions are masked.</param>
    public static HardwareCase Make(Random random, Code code, int masks)
    {
        var operands = new Operands(random);
        var request = new HardwareCase
        {
            Mxcsr = 0x1F80,
            Flags = 2 | ((ulong)random.Next(4096) & 0x8D5),
            Rax = operands.Word(),
            ControlWord = (ushort)(masks | 0x40 | (random.Next(4) << 10) | (new[] { 0, 2, 3, 3 }[random.Next(4)] << 8)),
            StatusWord = (ushort)((random.Next(8) << 11) | (random.Next(4) == 0 ? random.Next(65536) & 0x477F & (masks | 0x4740) : 0)),
            Tags = random.Next(4) == 0 ? (byte)random.Next(256) : new byte[] { 0xFF, 0x7F, 0xFF, 0x80 }[random.Next(2)],
        };
        if (random.Next(3) != 0)
        {
            // Room to push.
            request.Tags &= (byte)~(1 << ((((request.StatusWord >> 11) & 7) + 7) & 7));
        }

        for (var index = 0; index < 8; index++)
        {
            var (significand, signExponent) = operands.Extended();
            BinaryPrimitives.WriteUInt64LittleEndian(request.Stack(index), significand);
            BinaryPrimitives.WriteUInt16LittleEndian(request.Stack(index)[8..], signExponent);
        }

        operands.Fill(request.Memory, random.Next(3));
        if (code == Code.Fld_m80fp)
        {
            request.Stack(random.Next(8))[..10].CopyTo(request.Memory);
        }
        else if (code == Code.Fbld_m80bcd)
        {
            for (var at = 0; at < 9; at++)
            {
                request.Memory[at] = (byte)(random.Next(10) | (random.Next(10) << 4));
            }
        }

        request.Code = HardwareComparison.Encode(InstructionForms.Make(code, random, memory: true, 0));
        return request;
    }
}
