using Iced.Intel;

namespace KvmActors.Software.Processor;

/// <summary>Picks the handler for one decoded instruction: by the kinds and sizes of its operands.</summary>
internal delegate OpHandler OpSelector(in Op op);

/// <summary>Which handler executes which instruction. Filled once, by the families of instructions; what is not in it raises #UD.</summary>
internal sealed class HandlerTable
{
    private readonly Entry?[] _byCode = new Entry?[Enum.GetValues<Code>().Length];
    private readonly Entry?[] _byMnemonic = new Entry?[Enum.GetValues<Mnemonic>().Length];

    /// <summary>Says what executes all forms of an instruction.</summary>
    /// <param name="mnemonic">The instruction.</param>
    /// <param name="handler">What executes it.</param>
    /// <param name="endsBlock">Whether what follows has to be looked up anew: branches, and what changes how instructions are decoded.</param>
    public void Add(Mnemonic mnemonic, OpHandler handler, bool endsBlock = false) =>
        _byMnemonic[(int)mnemonic] = new Entry(handler, null, 0, endsBlock);

    /// <summary>Says what picks the handler of an instruction.</summary>
    public void Add(Mnemonic mnemonic, OpSelector selector) => _byMnemonic[(int)mnemonic] = new Entry(null, selector, 0, false);

    /// <summary>Says what executes one form of an instruction, whatever executes the others.</summary>
    /// <param name="code">The form.</param>
    /// <param name="handler">What executes it.</param>
    /// <param name="size">Bytes of the operation, where operand A does not say it; 0 where it does.</param>
    /// <param name="endsBlock">As above.</param>
    public void Add(Code code, OpHandler handler, int size = 0, bool endsBlock = false) =>
        _byCode[(int)code] = new Entry(handler, null, (byte)size, endsBlock);

    /// <summary>Whether something executes a form.</summary>
    public bool Contains(Code code) => Find(code) is not null;

    /// <summary>Puts the handler into an instruction whose operands are resolved.</summary>
    /// <returns>False when there is none.</returns>
    public bool TryResolve(ref Op op)
    {
        if (Find(op.Code) is not { } entry)
        {
            return false;
        }

        if (entry.Size != 0)
        {
            op.Size = entry.Size;
            op.Shift = (byte)(64 - (8 * entry.Size));
        }

        op.Handler = entry.Handler ?? entry.Selector!(op);
        op.Flags |= entry.EndsBlock ? OpFlags.EndsBlock : OpFlags.None;
        return true;
    }

    private Entry? Find(Code code) => _byCode[(int)code] ?? _byMnemonic[(int)code.Mnemonic()];

    private sealed record Entry(OpHandler? Handler, OpSelector? Selector, byte Size, bool EndsBlock);
}
