namespace KvmActors.Software.Processor;

/// <summary>The x87 registers (Intel SDM vol. 1, section 8.1). R0 to R7 by their physical numbers: ST(i) is R((Top + i) mod 8).</summary>
internal sealed class X87State
{
    /// <summary>FCW after FNINIT.</summary>
    public const ushort InitialControl = 0x37F;

    /// <summary>The significands of R0 to R7 with their explicit integer bit; MM0 to MM7.</summary>
    public readonly ulong[] Significands = new ulong[8];

    /// <summary>Sign (bit 15) and biased exponent of R0 to R7.</summary>
    public readonly ushort[] SignExponents = new ushort[8];

    /// <summary>FCW.</summary>
    public ushort Control;

    /// <summary>FSW without the top of the stack, whose bits are 0 here.</summary>
    public ushort Status;

    /// <summary>The register that is ST(0): 0 to 7.</summary>
    public int Top;

    /// <summary>A bit for each register that is empty.</summary>
    public byte EmptyMask;

    /// <summary>The opcode of the last instruction that was no control instruction, 11 bits.</summary>
    public ushort LastOpcode;

    /// <summary>Where it was, and its memory operand; offsets.</summary>
    public ulong LastInstruction, LastOperand;

    /// <summary>The selectors to these.</summary>
    public ushort LastCode, LastData;

    /// <summary>FSW with the top of the stack.</summary>
    public ushort StatusWord
    {
        get => (ushort)(Status | (Top << 11));
        set
        {
            Status = (ushort)(value & ~0x3800);
            Top = (value >> 11) & 7;
        }
    }

    /// <summary>Whether an exception that is not masked waits for the next instruction (ES).</summary>
    public bool HasPendingException => (Status & 0x80) != 0;

    /// <summary>Sets ES and B by the exception flags and their masks.</summary>
    public void UpdateSummary() =>
        Status = (ushort)((Status & 0x7F7F) | ((Status & ~Control & 0x3F) != 0 ? 0x8080 : 0));

    /// <summary>FTW: two bits for each register.</summary>
    public ushort TagWord
    {
        get
        {
            var word = 0;
            for (var register = 0; register < 8; register++)
            {
                word |= TagOf(register) << (2 * register);
            }

            return (ushort)word;
        }

        set
        {
            EmptyMask = 0;
            for (var register = 0; register < 8; register++)
            {
                EmptyMask |= (byte)(((value >> (2 * register)) & 3) == 3 ? 1 << register : 0);
            }
        }
    }

    /// <summary>The state a new vCPU has: KVM's, which is as after FNINIT.</summary>
    public void Reset()
    {
        Array.Clear(Significands);
        Array.Clear(SignExponents);
        Initialize();
    }

    /// <summary>What FNINIT does.</summary>
    public void Initialize()
    {
        (Control, Status, Top, EmptyMask) = (InitialControl, 0, 0, 0xFF);
        (LastOpcode, LastInstruction, LastOperand, LastCode, LastData) = (0, 0, 0, 0, 0);
    }

    /// <summary>Takes over another's registers.</summary>
    public void CopyFrom(X87State other)
    {
        other.Significands.CopyTo(Significands.AsSpan());
        other.SignExponents.CopyTo(SignExponents.AsSpan());
        (Control, Status, Top, EmptyMask) = (other.Control, other.Status, other.Top, other.EmptyMask);
        (LastOpcode, LastInstruction, LastOperand) = (other.LastOpcode, other.LastInstruction, other.LastOperand);
        (LastCode, LastData) = (other.LastCode, other.LastData);
    }

    // 0 valid, 1 zero, 2 special, 3 empty.
    private int TagOf(int register)
    {
        if ((EmptyMask & (1 << register)) != 0)
        {
            return 3;
        }

        var exponent = SignExponents[register] & 0x7FFF;
        return exponent switch
        {
            0 => Significands[register] == 0 ? 1 : 2,
            0x7FFF => 2,
            _ => Significands[register] >> 63 == 1 ? 0 : 2,
        };
    }
}
