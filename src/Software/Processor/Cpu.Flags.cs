using System.Numerics;
using System.Runtime.CompilerServices;

namespace KvmActors.Software.Processor;

/// <summary>
/// RFLAGS, the status flags worked out when asked for. After arithmetic two words tell them all, both shifted up so that the
/// operation's top bit is bit 63: the result, and the carries out of each bit.
/// </summary>
internal sealed partial class Cpu
{
    // While _isLazy: ZF, SF and PF are the result's; CF is bit 63 of the carries, OF whether bits 63 and 62 differ, AF bit 3.
    private bool _isLazy;
    private ulong _result;
    private ulong _carries;
    private int _flagShift;

    // All other flags; the status flags too while not _isLazy.
    private ulong _flags;

    /// <summary>CF.</summary>
    public bool Carry => _isLazy ? (long)_carries < 0 : (_flags & Rflags.Carry) != 0;

    /// <summary>ZF.</summary>
    public bool Zero => _isLazy ? _result == 0 : (_flags & Rflags.Zero) != 0;

    /// <summary>SF.</summary>
    public bool Sign => _isLazy ? (long)_result < 0 : (_flags & Rflags.Sign) != 0;

    /// <summary>OF.</summary>
    public bool Overflow => _isLazy ? (long)(_carries ^ (_carries << 1)) < 0 : (_flags & Rflags.Overflow) != 0;

    /// <summary>PF.</summary>
    public bool Parity => _isLazy
        ? (BitOperations.PopCount((byte)(_result >> _flagShift)) & 1) == 0
        : (_flags & Rflags.Parity) != 0;

    /// <summary>AF.</summary>
    public bool Adjust => _isLazy ? ((_carries >> (_flagShift + 3)) & 1) != 0 : (_flags & Rflags.Adjust) != 0;

    /// <summary>DF.</summary>
    public bool Direction => (_flags & Rflags.Direction) != 0;

    /// <summary>TF.</summary>
    public bool Trap => (_flags & Rflags.Trap) != 0;

    /// <summary>IOPL.</summary>
    public int IoPrivilege => (int)((_flags & Rflags.Iopl) >> 12);

    /// <summary>All of RFLAGS.</summary>
    public ulong Flags
    {
        get
        {
            if (_isLazy)
            {
                Materialize();
            }

            return _flags;
        }
    }

    /// <summary>Sets all of RFLAGS; what depends on VM follows with <see cref="RefreshMode"/>.</summary>
    public void SetFlags(ulong value)
    {
        _flags = (value & Rflags.All) | Rflags.One;
        _isLazy = false;
    }

    /// <summary>Changes flags other than the status flags.</summary>
    public void ChangeFlags(ulong clear, ulong set) => _flags = (_flags & ~clear) | set;

    /// <summary>Sets the flags after an addition or subtraction.</summary>
    /// <param name="result">The result; bits above the operation's do not matter.</param>
    /// <param name="carries">The carry (or borrow) out of each bit.</param>
    /// <param name="shift">Bits of 64 that the operation does not have.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetArithmetic(ulong result, ulong carries, int shift)
    {
        _result = result << shift;
        _carries = carries << shift;
        _flagShift = shift;
        _isLazy = true;
    }

    /// <summary>Sets the flags after a logical operation: no carry, no overflow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetLogic(ulong result, int shift)
    {
        _result = result << shift;
        _carries = 0;
        _flagShift = shift;
        _isLazy = true;
    }

    /// <summary>Sets the flags after INC and DEC: CF stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetArithmeticKeepingCarry(ulong result, ulong carries, int shift)
    {
        var carry = Carry;
        SetArithmetic(result, carries, shift);
        SetCarryAndOverflow(carry, (long)(_carries ^ (_carries << 1)) < 0);
    }

    /// <summary>Sets SF, ZF and PF by a result, CF and OF as told; AF becomes 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetResult(ulong result, int shift, bool carry, bool overflow)
    {
        SetLogic(result, shift);
        SetCarryAndOverflow(carry, overflow);
    }

    /// <summary>Sets CF and OF; the others stay.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetCarryAndOverflow(bool carry, bool overflow)
    {
        if (_isLazy)
        {
            // Bits 63 and 62 are out of AF's way: it is bit 59 at the highest.
            _carries = (_carries & (ulong.MaxValue >> 2)) | (carry ? 1UL << 63 : 0) | (carry != overflow ? 1UL << 62 : 0);
            return;
        }

        _flags = (_flags & ~(Rflags.Carry | Rflags.Overflow)) | (carry ? Rflags.Carry : 0) | (overflow ? Rflags.Overflow : 0);
    }

    /// <summary>Sets CF; the others stay.</summary>
    public void SetCarry(bool carry) => SetCarryAndOverflow(carry, Overflow);

    /// <summary>Sets status flags; the others stay.</summary>
    public void SetStatus(ulong which, ulong values)
    {
        Materialize();
        _flags = (_flags & ~which) | values;
    }

    /// <summary>Sets ZF, PF and CF, and clears OF, SF and AF: what COMISD and its kin do.</summary>
    public void SetComparison(bool zero, bool parity, bool carry) => SetStatus(
        Rflags.Status, (zero ? Rflags.Zero : 0) | (parity ? Rflags.Parity : 0) | (carry ? Rflags.Carry : 0));

    /// <summary>Whether a condition holds, by its number in the opcode.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Test(int condition)
    {
        var holds = (condition >> 1) switch
        {
            0 => Overflow,
            1 => Carry,
            2 => Zero,
            3 => Carry || Zero,
            4 => Sign,
            5 => Parity,
            6 => Sign != Overflow,
            _ => Zero || Sign != Overflow,
        };
        return holds != ((condition & 1) != 0);
    }

    private void Materialize()
    {
        if (!_isLazy)
        {
            return;
        }

        var status = (Carry ? Rflags.Carry : 0) | (Parity ? Rflags.Parity : 0) | (Adjust ? Rflags.Adjust : 0)
            | (Zero ? Rflags.Zero : 0) | (Sign ? Rflags.Sign : 0) | (Overflow ? Rflags.Overflow : 0);
        _flags = (_flags & ~Rflags.Status) | status;
        _isLazy = false;
    }
}
