using KvmActors.Interop.Libc;

namespace KvmActors.Linux.Syscalls;

/// <summary>What FUTEX_WAKE_OP does to its second word, and what it compares (<c>linux/futex.h</c>).</summary>
/// <param name="encoded">As the program says it.</param>
internal readonly struct FutexOperation(uint encoded)
{
    private const int Bits = 12;

    private int Operand => SignExtend(encoded >> Bits);

    private int Compared => SignExtend(encoded);

    /// <summary>What the word becomes.</summary>
    /// <param name="word">What it is.</param>
    /// <param name="changed">What it becomes.</param>
    /// <returns>None, or ENOSYS where there is no such operation.</returns>
    public Errno Apply(uint word, out uint changed)
    {
        const uint IsShift = 8;
        var operand = (encoded >> 28 & IsShift) != 0 ? 1u << (Operand & 31) : (uint)Operand;
        (var errno, changed) = (encoded >> 28 & 7) switch
        {
            0 => (Errno.None, operand),
            1 => (Errno.None, word + operand),
            2 => (Errno.None, word | operand),
            3 => (Errno.None, word & ~operand),
            4 => (Errno.None, word ^ operand),
            _ => (Errno.ENOSYS, word),
        };
        return errno;
    }

    /// <summary>Whether the word was as the program wants it, for those who wait for it to be woken.</summary>
    /// <returns>Null where there is no such comparison.</returns>
    public bool? Matches(uint word) => (encoded >> 24 & 15) switch
    {
        0 => (int)word == Compared,
        1 => (int)word != Compared,
        2 => (int)word < Compared,
        3 => (int)word <= Compared,
        4 => (int)word > Compared,
        5 => (int)word >= Compared,
        _ => null,
    };

    private static int SignExtend(uint value) => (int)(value << (32 - Bits)) >> (32 - Bits);
}
