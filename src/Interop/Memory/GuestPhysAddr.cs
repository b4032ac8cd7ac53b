using System.Globalization;

namespace KvmActors.Interop.Memory;

/// <summary>A guest-physical address, in bytes from 0.</summary>
public readonly record struct GuestPhysAddr(ulong Value) : IComparable<GuestPhysAddr>
{
    /// <inheritdoc/>
    public int CompareTo(GuestPhysAddr other) => Value.CompareTo(other.Value);

    /// <summary>Moves up by a number of bytes; wraps at 2^64, so check with <see cref="GuestMemory"/> before use.</summary>
    public static GuestPhysAddr operator +(GuestPhysAddr address, ulong bytes) => new(unchecked(address.Value + bytes));

    /// <summary>Moves up by a number of bytes.</summary>
    public GuestPhysAddr Add(ulong bytes) => this + bytes;

    /// <summary>Compares two addresses.</summary>
    public static bool operator <(GuestPhysAddr left, GuestPhysAddr right) => left.Value < right.Value;

    /// <summary>Compares two addresses.</summary>
    public static bool operator >(GuestPhysAddr left, GuestPhysAddr right) => left.Value > right.Value;

    /// <summary>Compares two addresses.</summary>
    public static bool operator <=(GuestPhysAddr left, GuestPhysAddr right) => left.Value <= right.Value;

    /// <summary>Compares two addresses.</summary>
    public static bool operator >=(GuestPhysAddr left, GuestPhysAddr right) => left.Value >= right.Value;

    /// <summary>Hexadecimal with <c>0x</c>.</summary>
    public override string ToString() => "0x" + Value.ToString("x", CultureInfo.InvariantCulture);
}
