using System.Runtime.CompilerServices;
using KvmActors.Machine.Processor;

namespace KvmActors.Software.Execution;

/// <summary>The newest branches of a processor, in memory taken beforehand.</summary>
internal sealed class BranchRing
{
    // A power of two, so that going round is an AND and no bound is checked.
    private const int Capacity = 1024;

    private Items _items;
    private long _added;

    /// <summary>Adds one; the oldest gives way when there is no room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong from, ulong to)
    {
        _items[(int)_added & (Capacity - 1)] = new Branch(from, to);
        _added++;
    }

    /// <summary>Forgets all.</summary>
    public void Clear() => _added = 0;

    /// <summary>The newest, oldest first.</summary>
    /// <param name="most">How many at the most; not more than are kept.</param>
    public Branch[] Newest(int most)
    {
        var branches = new Branch[Math.Min(_added, Math.Min(most, Capacity))];
        for (var index = 0; index < branches.Length; index++)
        {
            branches[index] = _items[(int)(_added - branches.Length + index) & (Capacity - 1)];
        }

        return branches;
    }

    [InlineArray(Capacity)]
    private struct Items
    {
        private Branch _first;
    }
}
