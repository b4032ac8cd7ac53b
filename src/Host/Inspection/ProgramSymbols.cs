using System.Buffers.Binary;
using KvmActors.Machine.Inspection;

namespace KvmActors.Host.Inspection;

/// <summary>The names that a crashed program's file has for addresses of the guest.</summary>
internal sealed class ProgramSymbols
{
    // AT_ENTRY of linux/auxvec.h.
    private const ulong EntryPoint = 9;

    private readonly ElfSymbols? _symbols;
    private readonly ulong _bias;

    /// <summary>Reads them; none when the file is not known.</summary>
    public ProgramSymbols(CrashReport crash)
    {
        _symbols = crash.ProgramFile is { } file ? ElfSymbols.TryRead(file) : null;

        // A position-independent program is elsewhere than its file says.
        _bias = _symbols is not null && FindEntry(crash.AuxiliaryVector) is { } entry ? unchecked(entry - _symbols.Entry) : 0;
    }

    /// <summary>Names an address, as <c>function+0x12</c>; null when no function has it.</summary>
    public string? Find(ulong address) => _symbols?.Find(unchecked(address - _bias));

    private static ulong? FindEntry(IReadOnlyList<byte> vector)
    {
        ReadOnlySpan<byte> bytes = [.. vector];
        for (; bytes.Length >= 2 * sizeof(ulong); bytes = bytes[(2 * sizeof(ulong))..])
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(bytes) == EntryPoint)
            {
                return BinaryPrimitives.ReadUInt64LittleEndian(bytes[sizeof(ulong)..]);
            }
        }

        return null;
    }
}
