using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Paging;

namespace KvmActors.Machine.Debugging;

/// <summary>
/// Breakpoints. On KVM they are in the guest's memory: INT3 in place of an instruction's first byte. Where KVM emulates ring 0 it cannot
/// execute that, and says so, which serves as well. A processor in software stops by itself, and its guest sees nothing. Any thread.
/// </summary>
/// <param name="memory">The guest's memory.</param>
/// <param name="isUnseen">Whether the processor stops by itself.</param>
internal sealed class Breakpoints(GuestMemory memory, bool isUnseen = false)
{
    private const byte Int3 = 0xCC;
    private const int Most = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, (ulong Physical, byte Original)> _places = [];

    /// <summary>Whether any is set.</summary>
    public bool Any
    {
        get
        {
            lock (_gate)
            {
                return _places.Count > 0;
            }
        }
    }

    /// <summary>Where they are: linear addresses.</summary>
    public IReadOnlyCollection<ulong> Addresses
    {
        get
        {
            using var scope = _gate.EnterScope();
            return [.. _places.Keys];
        }
    }

    /// <summary>Sets one.</summary>
    /// <param name="special">The registers that say how addresses are translated.</param>
    /// <param name="linear">Where.</param>
    /// <returns>False where nothing can be written.</returns>
    public bool TryAdd(in kvm_sregs special, ulong linear)
    {
        using var scope = _gate.EnterScope();
        if (_places.ContainsKey(linear))
        {
            return true;
        }

        if (isUnseen)
        {
            return _places.Count < Most && _places.TryAdd(linear, default);
        }

        if (_places.Count >= Most || PageWalkTrace.Follow(memory, special, linear).Physical is not { } physical
            || _places.Values.Any(place => place.Physical == physical)
            || !memory.TryRead(new GuestPhysAddr(physical), out byte original) || !memory.TryWrite(new GuestPhysAddr(physical), Int3))
        {
            return false;
        }

        _places[linear] = (physical, original);
        return true;
    }

    /// <summary>Takes one away; one that is not there is no matter.</summary>
    public void Remove(ulong linear)
    {
        using var scope = _gate.EnterScope();
        if (_places.Remove(linear, out var place) && !isUnseen && IsShown(place.Physical))
        {
            memory.TryWrite(new GuestPhysAddr(place.Physical), place.Original);
        }
    }

    /// <summary>Takes all away.</summary>
    public void Clear()
    {
        using var scope = _gate.EnterScope();
        foreach (var linear in _places.Keys.ToList())
        {
            Remove(linear);
        }
    }

    // Where a program has given memory back, something else is there.
    private bool IsShown(ulong physical) => memory.TryRead(new GuestPhysAddr(physical), out byte shown) && shown == Int3;

    /// <summary>Whether one is set there.</summary>
    public bool Has(ulong linear)
    {
        using var scope = _gate.EnterScope();
        return _places.ContainsKey(linear);
    }

    /// <summary>Puts the guest's own byte back for a moment, or INT3 again.</summary>
    public void Show(ulong linear, bool isSet)
    {
        using var scope = _gate.EnterScope();
        if (!isUnseen && _places.TryGetValue(linear, out var place))
        {
            memory.TryWrite(new GuestPhysAddr(place.Physical), isSet ? Int3 : place.Original);
        }
    }

    /// <summary>Reads memory as the guest has it, without breakpoints.</summary>
    public int Read(in kvm_sregs special, ulong linear, Span<byte> target)
    {
        using var scope = _gate.EnterScope();
        var length = LinearMemory.Read(memory, special, linear, target);
        if (isUnseen)
        {
            return length;
        }

        foreach (var (_, (physical, original)) in _places)
        {
            for (var offset = 0; offset < length;)
            {
                if (PageWalkTrace.Follow(memory, special, unchecked(linear + (ulong)offset)).Physical is not { } start)
                {
                    break;
                }

                var left = (int)Math.Min((ulong)(length - offset), MemoryRange.PageSize - (start % MemoryRange.PageSize));
                if (physical >= start && physical < start + (ulong)left)
                {
                    target[offset + (int)(physical - start)] = original;
                }

                offset += left;
            }
        }

        return length;
    }

    /// <summary>Writes memory; breakpoints in it stay.</summary>
    /// <returns>Whether all could be written.</returns>
    public bool TryWrite(in kvm_sregs special, ulong linear, ReadOnlySpan<byte> bytes)
    {
        using var scope = _gate.EnterScope();
        if (isUnseen)
        {
            return LinearMemory.Write(memory, special, linear, bytes) == bytes.Length;
        }

        var set = _places.Keys.ToList();
        foreach (var place in set)
        {
            Show(place, isSet: false);
        }

        var isWhole = LinearMemory.Write(memory, special, linear, bytes) == bytes.Length;
        foreach (var place in set)
        {
            var physical = _places[place].Physical;
            memory.TryRead(new GuestPhysAddr(physical), out byte original);
            _places[place] = (physical, original);
            Show(place, isSet: true);
        }

        return isWhole;
    }
}
