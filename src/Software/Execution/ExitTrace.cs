using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace KvmActors.Software.Execution;

/// <summary>
/// A hash of all that passes between a machine's guest and the host: two runs that have the same one did the same. Written by whoever
/// has the turn.
/// </summary>
internal sealed class ExitTrace
{
    private readonly XxHash128 _hash = new();

    /// <summary>Who is told, in what is hashed: an exit, an answer to it, a register that the host set.</summary>
    public enum Direction : byte
    {
        /// <summary>The guest's exit.</summary>
        Exit,

        /// <summary>What it was answered.</summary>
        Answer,

        /// <summary>RAX.</summary>
        Rax,

        /// <summary>RDX.</summary>
        Rdx,
    }

    /// <summary>The hash so far: 32 hexadecimal digits.</summary>
    public string Text => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <summary>Adds something.</summary>
    /// <param name="direction">Who told whom.</param>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="instructions">How many instructions it had executed in this run.</param>
    /// <param name="kind">What it is: see the caller.</param>
    /// <param name="place">A port or an address.</param>
    /// <param name="data">Its data.</param>
    public void Add(Direction direction, int vcpu, ulong instructions, int kind, ulong place, ReadOnlySpan<byte> data)
    {
        Span<ulong> head = [((ulong)vcpu << 16) | ((ulong)kind << 8) | (ulong)direction, instructions, place, (ulong)data.Length];
        _hash.Append(MemoryMarshal.AsBytes(head));
        _hash.Append(data);
    }

    /// <summary>Adds a number.</summary>
    public void Add(Direction direction, int vcpu, ulong instructions, ulong value) => Add(direction, vcpu, instructions, 0, value, []);

    /// <summary>Begins anew.</summary>
    public void Restart() => _hash.Reset();
}
