using KvmActors.Fuzz.Tests.Running;

namespace KvmActors.Fuzz.Tests.Images;

/// <summary>Changes a file as it comes: numbers in it, bytes, its length.</summary>
internal static class FileMutation
{
    private static readonly ulong[] Numbers =
    [
        0, 1, 2, 3, 55, 56, 57, 63, 64, 65, 0xFF, 0x1000, 0x1FFF, 0x2000, 0x7FFF, 0xFFFF, int.MaxValue, 1UL << 31, uint.MaxValue, 1UL << 32,
        long.MaxValue, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 55, ulong.MaxValue - 0xFFF,
    ];

    /// <summary>A changed copy of a file, or bytes that have nothing to do with it.</summary>
    public static byte[] Of(byte[] valid, FuzzInput input)
    {
        var file = valid.ToArray();
        for (var changes = input.Next(6); changes > 0 && file.Length > 0; changes--)
        {
            switch (input.Next(6))
            {
                case 0 or 1 or 2:
                    var bytes = 1 << input.Next(4);
                    var at = input.Next(file.Length) / bytes * bytes;
                    var number = input.OneIn(4) ? input.Bits() : input.Pick<ulong>(Numbers);
                    BitConverter.GetBytes(number).AsSpan(0, Math.Min(bytes, file.Length - at)).CopyTo(file.AsSpan(at));
                    break;
                case 3:
                    file[input.Next(file.Length)] ^= (byte)(1 << input.Next(8));
                    break;
                case 4:
                    file = file[..input.Next(file.Length + 1)];
                    break;
                default:
                    var tail = new byte[input.Next(96)];
                    input.Fill(tail);
                    file = [.. file[..input.Next(file.Length + 1)], .. tail];
                    break;
            }
        }

        return file;
    }
}
