namespace KvmActors.Software.Processor;

/// <summary>The debug registers (Intel SDM vol. 3B, chapter 19).</summary>
internal sealed partial class Cpu
{
    /// <summary>DR6 after power-on, with the bits that are always set.</summary>
    public const ulong InitialDr6 = 0xFFFF_0FF0;

    /// <summary>DR7 after power-on.</summary>
    public const ulong InitialDr7 = 0x400;

    /// <summary>DR6: a single step.</summary>
    public const ulong StepStatus = 1 << 14;

    /// <summary>DR6: an access to the debug registers.</summary>
    public const ulong AccessStatus = 1 << 13;

    private const ulong GeneralDetect = 1 << 13;

    private bool? _stepsAfter;

    /// <summary>DR0 to DR3.</summary>
    public readonly ulong[] Breakpoints = new ulong[4];

    /// <summary>What debug exceptions came of.</summary>
    public ulong Dr6;

    /// <summary>Which breakpoints there are.</summary>
    public ulong Dr7;

    /// <summary>Breakpoints that data accesses of the block hit, to be raised when their instruction is done.</summary>
    public ulong PendingDebug;

    /// <summary>Set by what loads SS: no debug exception before the next instruction is done.</summary>
    public bool ShadowsDebug;

    /// <summary>Whether instructions have to be executed one at a time.</summary>
    public bool NeedsSteps => (_flags & (Rflags.Trap | Rflags.Resume)) != 0 || (Dr7 & 0xFF) != 0;

    /// <summary>The linear address of the next instruction.</summary>
    public ulong CodeAddress => Is64Bit ? Rip : (uint)(Segments[(int)Seg.Cs].Base + Rip);

    /// <summary>
    /// Has TF after the instruction, and not before it, say whether a debug exception follows. SYSCALL and SYSRET have it so, and an
    /// interrupt by instruction, which clears TF on its way.
    /// </summary>
    public void StepByNewTrap() => _stepsAfter = Trap;

    /// <summary>Takes what the last instruction said of a debug exception behind it; null where TF before it counts.</summary>
    public bool? TakeStepAfter()
    {
        var steps = _stepsAfter;
        _stepsAfter = null;
        return steps;
    }

    /// <summary>Takes RF, which holds for one instruction.</summary>
    public bool TakeResume()
    {
        var isSet = (_flags & Rflags.Resume) != 0;
        _flags &= ~Rflags.Resume;
        return isSet;
    }

    /// <summary>Takes the breakpoints that data accesses hit.</summary>
    public ulong TakePendingDebug()
    {
        var pending = PendingDebug;
        PendingDebug = 0;
        return pending;
    }

    /// <summary>The breakpoints for instructions at an address, as DR6 has them.</summary>
    public ulong CodeBreakpointsAt(ulong linear)
    {
        var hits = 0UL;
        var candidates = FindBreakpoints(0b00);
        for (var number = 0; number < 4; number++)
        {
            hits |= (candidates & (1UL << number)) != 0 && Breakpoints[number] == linear ? 1UL << number : 0;
        }

        return hits;
    }

    /// <summary>Sets DR7.</summary>
    public void SetDr7(ulong value)
    {
        Dr7 = (value & 0xFFFF_FFFF & ~0xD000UL) | InitialDr7;
        RefreshMode();
    }

    /// <summary>Raises #DB, a fault, for an access to the debug registers that DR7.GD guards.</summary>
    public void CheckDebugAccess()
    {
        if ((Dr7 & GeneralDetect) != 0)
        {
            Dr6 |= AccessStatus;
            Dr7 &= ~GeneralDetect;
            throw Fault(Vector.Debug);
        }
    }

    // Enabled breakpoints whose R/W field is one of these.
    private ulong FindBreakpoints(int kind)
    {
        var found = 0UL;
        for (var number = 0; number < 4; number++)
        {
            var isEnabled = ((Dr7 >> (2 * number)) & 3) != 0;
            var type = (int)(Dr7 >> (16 + (4 * number))) & 3;
            found |= isEnabled && type == kind ? 1UL << number : 0;
        }

        return found;
    }

    /// <summary>Whether data accesses have to be looked at.</summary>
    public bool HasDataBreakpoints => (FindBreakpoints(0b01) | FindBreakpoints(0b11) | FindBreakpoints(0b10)) != 0;

    /// <summary>Notes the breakpoints that an access hits.</summary>
    private void NoteDataAccess(ulong linear, int size, bool isWrite)
    {
        NoteHostAccess(linear, size, isWrite);
        var candidates = FindBreakpoints(0b11) | (isWrite ? FindBreakpoints(0b01) : 0);
        for (var number = 0; number < 4; number++)
        {
            var length = (int)(Dr7 >> (18 + (4 * number))) & 3;
            var bytes = length switch { 0 => 1UL, 1 => 2UL, 2 => 8UL, _ => 4UL };
            var start = Breakpoints[number] & ~(bytes - 1);
            if ((candidates & (1UL << number)) != 0 && linear < start + bytes && start < linear + (ulong)size)
            {
                PendingDebug |= 1UL << number;
                StopBlock();
            }
        }
    }

    private void ResetDebugRegisters()
    {
        _stepsAfter = null;
        Array.Clear(Breakpoints);
        (Dr6, Dr7, PendingDebug) = (InitialDr6, InitialDr7, 0);
    }
}
