using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using KvmActors.Software.Processor;
using Aes = System.Runtime.Intrinsics.X86.Aes;

namespace KvmActors.Software.Simd;

/// <summary>AES rounds and carry-less products (Intel SDM vol. 1, sections 12.13 and 12.14).</summary>
internal static class Cryptography
{
    /// <summary>Says what executes them.</summary>
    public static void Register(HandlerTable table)
    {
        table.AddBinary(Mnemonic.Aesenc, static (a, b) => Aes.Encrypt(a, b));
        table.AddBinary(Mnemonic.Aesenclast, static (a, b) => Aes.EncryptLast(a, b));
        table.AddBinary(Mnemonic.Aesdec, static (a, b) => Aes.Decrypt(a, b));
        table.AddBinary(Mnemonic.Aesdeclast, static (a, b) => Aes.DecryptLast(a, b));
        table.AddBinary(Mnemonic.Aesimc, static (_, b) => Aes.InverseMixColumns(b));
        table.AddControlled(Mnemonic.Aeskeygenassist, static (_, b, control) => AssistKey(b, control));
        table.AddControlled(Mnemonic.Pclmulqdq, static (a, b, control) => (control & 0x11) switch
        {
            0x00 => Pclmulqdq.CarrylessMultiply(a.AsUInt64(), b.AsUInt64(), 0x00).AsByte(),
            0x01 => Pclmulqdq.CarrylessMultiply(a.AsUInt64(), b.AsUInt64(), 0x01).AsByte(),
            0x10 => Pclmulqdq.CarrylessMultiply(a.AsUInt64(), b.AsUInt64(), 0x10).AsByte(),
            _ => Pclmulqdq.CarrylessMultiply(a.AsUInt64(), b.AsUInt64(), 0x11).AsByte(),
        });
    }

    // The round constant is no more than an exclusive or into two of the words, so the intrinsic gets 0 for it.
    private static Vector128<byte> AssistKey(Vector128<byte> b, byte control) =>
        Aes.KeygenAssist(b, 0) ^ Vector128.Create(0, control, 0, (uint)control).AsByte();
}
