using System.Runtime.InteropServices;

namespace KvmActors.Interop.Kvm;

/// <summary>A port access: <c>in</c>, <c>out</c>, or several of them by one string instruction.</summary>
public readonly ref struct IoExit
{
    /// <summary>An access as some processor makes it.</summary>
    /// <param name="isOut">Whether it is <c>out</c>.</param>
    /// <param name="size">Bytes of one access: 1, 2 or 4.</param>
    /// <param name="port">The port.</param>
    /// <param name="data">The bytes of all accesses.</param>
    public IoExit(bool isOut, byte size, ushort port, Span<byte> data)
    {
        IsOut = isOut;
        Size = size;
        Port = port;
        Data = data;
    }

    /// <summary>True for <c>out</c>.</summary>
    public bool IsOut { get; }

    /// <summary>Bytes of one access: 1, 2 or 4.</summary>
    public int Size { get; }

    /// <summary>The port's number.</summary>
    public ushort Port { get; }

    /// <summary>What was written, or where to put what is read: <see cref="Size"/> bytes for each access of a string instruction.</summary>
    public Span<byte> Data { get; }

    /// <summary>The first access's value, zero-extended.</summary>
    public uint Value => Size switch
    {
        1 => Data[0],
        2 => MemoryMarshal.Read<ushort>(Data),
        _ => MemoryMarshal.Read<uint>(Data),
    };
}

/// <summary>An access to an address that no memory slot backs.</summary>
public readonly ref struct MmioExit
{
    /// <summary>An access as some processor makes it.</summary>
    /// <param name="address">The guest-physical address.</param>
    /// <param name="isWrite">Whether it is a store.</param>
    /// <param name="data">1 to 8 bytes.</param>
    public MmioExit(ulong address, bool isWrite, Span<byte> data)
    {
        Address = address;
        IsWrite = isWrite;
        Data = data;
    }

    /// <summary>The guest-physical address.</summary>
    public ulong Address { get; }

    /// <summary>True for a store.</summary>
    public bool IsWrite { get; }

    /// <summary>What was stored, or where to put what is loaded: 1 to 8 bytes.</summary>
    public Span<byte> Data { get; }
}

/// <summary>What KVM could not do.</summary>
public readonly ref struct InternalErrorExit
{
    /// <summary>KVM_INTERNAL_ERROR_EMULATION: an instruction KVM cannot emulate.</summary>
    public const uint Emulation = 1;

    internal InternalErrorExit(uint suberror, ReadOnlySpan<ulong> data)
    {
        Suberror = suberror;
        Data = data;
    }

    /// <summary>KVM_INTERNAL_ERROR_*.</summary>
    public uint Suberror { get; }

    /// <summary>Details whose meaning depends on <see cref="Suberror"/>.</summary>
    public ReadOnlySpan<ulong> Data { get; }
}
