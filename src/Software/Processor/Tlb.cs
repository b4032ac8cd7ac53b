using KvmActors.Interop.Memory;

namespace KvmActors.Software.Processor;

/// <summary>What is known of one page: which accesses need no walk, and where its bytes are.</summary>
internal struct TlbEntry
{
    /// <summary>Makes a tag of a page's address that no empty entry has.</summary>
    public const ulong Valid = 1;

    /// <summary>The page's linear address with <see cref="Valid"/>, when it may be read.</summary>
    public ulong Read;

    /// <summary>Likewise, when it may be written: it is dirty already, and nothing decoded lies in it.</summary>
    public ulong Write;

    /// <summary>Likewise, when instructions may be fetched from it.</summary>
    public ulong Execute;

    /// <summary>What a linear address plus this is: the offset in the slot.</summary>
    public ulong Addend;

    /// <summary>The guest-physical address of the page.</summary>
    public ulong Physical;

    /// <summary>Where its bytes are.</summary>
    public GuestSlot Slot;
}

/// <summary>The translations that a processor remembers: direct-mapped, one table for supervisor accesses and one for the user's.</summary>
internal sealed class Tlb
{
    /// <summary>Entries of a table.</summary>
    public const int Entries = 1024;

    private readonly TlbEntry[] _supervisor = new TlbEntry[Entries];
    private readonly TlbEntry[] _user = new TlbEntry[Entries];
    private static readonly TlbEntry[] Nothing = new TlbEntry[Entries];
    private bool _hasLargePages;

    /// <summary>The table for a privilege.</summary>
    public TlbEntry[] Table(bool isUser) => isUser ? _user : _supervisor;

    /// <summary>A table that stays empty: for when every access has to be looked at.</summary>
    public static TlbEntry[] Empty => Nothing;

    /// <summary>Counts what forgets translations.</summary>
    public int Generation { get; private set; }

    /// <summary>Notes that a page of more than 4 KiB is in it, in pieces.</summary>
    public void NoteLargePage() => _hasLargePages = true;

    /// <summary>Forgets everything.</summary>
    public void Flush()
    {
        Array.Clear(_supervisor);
        Array.Clear(_user);
        _hasLargePages = false;
        Generation++;
    }

    /// <summary>Forgets one page, with all of the large page that it may be part of.</summary>
    public void Invalidate(ulong linear)
    {
        if (_hasLargePages)
        {
            Flush();
            return;
        }

        var index = (int)(linear >> 12) & (Entries - 1);
        _supervisor[index] = default;
        _user[index] = default;
        Generation++;
    }

    /// <summary>Has every write to a physical page looked at again: it holds decoded instructions now.</summary>
    public void WatchWrites(ulong physicalPage)
    {
        Watch(_supervisor, physicalPage);
        Watch(_user, physicalPage);
    }

    private static void Watch(TlbEntry[] table, ulong physicalPage)
    {
        foreach (ref var entry in table.AsSpan())
        {
            if (entry.Write != 0 && entry.Physical == physicalPage)
            {
                entry.Write = 0;
            }
        }
    }
}
