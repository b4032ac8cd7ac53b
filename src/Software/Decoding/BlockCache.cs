using KvmActors.Interop.Memory;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Decoding;

/// <summary>
/// The decoded blocks of one processor, by where they lie in guest memory and the mode they are for. What the processor writes itself
/// is thrown away at once. What others write (the host, a device, another processor) is found out by comparing a block's bytes when it
/// is first used after <see cref="NoteOtherWriters"/>.
/// </summary>
/// <param name="cpu">The processor.</param>
/// <param name="translator">What decodes.</param>
internal sealed class BlockCache(Cpu cpu, Translator translator)
{
    /// <summary>Blocks kept; then all are thrown away.</summary>
    public const int Capacity = 16384;

    private const int RecentBits = 12;

    private readonly Dictionary<(ulong Physical, ulong Rip, int Mode), Block> _blocks = [];
    private readonly Dictionary<ulong, List<Block>> _pages = [];
    private readonly Block?[] _recent = new Block?[1 << RecentBits];
    private int _epoch;
    private int _sinceClear;

    /// <summary>Blocks in it.</summary>
    public int Count => _blocks.Count;

    /// <summary>Blocks decoded so far.</summary>
    public long Decoded { get; private set; }

    /// <summary>Says that others may have written to memory: every block is compared before it is used again.</summary>
    public void NoteOtherWriters() => _epoch++;

    /// <summary>Forgets all blocks.</summary>
    public void Clear()
    {
        _blocks.Clear();
        _pages.Clear();
        Array.Clear(_recent);
        cpu.Code.Clear();
        _sinceClear = 0;
    }

    /// <summary>Finds or decodes the block at <see cref="Cpu.Rip"/>. Raises what fetching raises.</summary>
    /// <returns>Null where there is no memory.</returns>
    public Block? Find()
    {
        var rip = cpu.Rip;
        var linear = cpu.Is64Bit ? rip : (uint)(cpu.Segments[(int)Seg.Cs].Base + rip);
        ref var recent = ref _recent[(int)(linear ^ (linear >> RecentBits)) & ((1 << RecentBits) - 1)];
        if (recent is { } block && block.Linear == linear && block.Rip == rip && block.Mode == cpu.Mode
            && block.Generation == cpu.Tlb.Generation && block.Epoch == _epoch)
        {
            return block;
        }

        if (FindSlowly(rip, linear) is not { } found)
        {
            return null;
        }

        found.Linear = linear;
        found.Generation = cpu.Tlb.Generation;
        recent = found;
        return found;
    }

    /// <summary>Throws away what the processor wrote over.</summary>
    public void DropWritten()
    {
        foreach (var page in cpu.Code.Written)
        {
            Drop(page);
        }

        cpu.Code.ClearWritten();
    }

    private Block? FindSlowly(ulong rip, ulong linear)
    {
        if (cpu.Is64Bit ? !Cpu.IsCanonical(rip) : rip > cpu.Segments[(int)Seg.Cs].Limit)
        {
            throw cpu.GeneralProtection();
        }

        if (cpu.FindCode(linear, out var physical) is not { } slot)
        {
            return null;
        }

        if (_blocks.TryGetValue((physical, rip, cpu.Mode), out var block))
        {
            if (IsCurrent(block, slot, linear))
            {
                block.Epoch = _epoch;
                return block;
            }

            Drop(physical & ~0xFFFUL);
        }

        // Counted as well: blocks across two pages leave something behind in one when the other is thrown away.
        if (_blocks.Count >= Capacity || _sinceClear >= 4 * Capacity)
        {
            Clear();
        }

        _sinceClear++;
        Decoded++;
        block = translator.Decode(cpu, slot, physical, linear);
        block.Epoch = _epoch;
        Add(block);
        return block;
    }

    private void Add(Block block)
    {
        _blocks[(block.Physical, block.Rip, block.Mode)] = block;
        var here = Math.Min(block.Bytes.Length, 0x1000 - (int)(block.Physical & 0xFFF));
        Watch(block, block.Physical, here);
        if (here < block.Bytes.Length)
        {
            Watch(block, block.LastPage, block.Bytes.Length - here);
        }
    }

    private void Watch(Block block, ulong physical, int length)
    {
        var page = physical & ~0xFFFUL;
        if (cpu.Code.Add(physical, length))
        {
            cpu.Tlb.WatchWrites(page);
        }

        if (!_pages.TryGetValue(page, out var blocks))
        {
            _pages[page] = blocks = [];
        }

        blocks.Add(block);
    }

    private void Drop(ulong page)
    {
        cpu.Code.Remove(page);
        if (!_pages.Remove(page, out var blocks))
        {
            return;
        }

        foreach (var block in blocks)
        {
            block.Generation = -1;
            _blocks.Remove((block.Physical, block.Rip, block.Mode));
        }
    }

    private bool IsCurrent(Block block, GuestSlot slot, ulong linear)
    {
        var here = Math.Min(block.Bytes.Length, 0x1000 - (int)(block.Physical & 0xFFF));
        ReadOnlySpan<byte> bytes = block.Bytes;
        if (here < bytes.Length)
        {
            // The rest is wherever the next page is now.
            if (cpu.FindCode(linear + (ulong)here, out var rest) is not { } next || rest != block.LastPage
                || !bytes[here..].SequenceEqual(next.Span(rest - next.Range.Start.Value, bytes.Length - here)))
            {
                return false;
            }
        }

        return block.Epoch == _epoch
            || bytes[..here].SequenceEqual(slot.Span(block.Physical - slot.Range.Start.Value, here));
    }
}
