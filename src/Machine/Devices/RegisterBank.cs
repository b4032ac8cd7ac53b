using System.Buffers.Binary;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Statistics;

namespace KvmActors.Machine.Devices;

/// <summary>Registers in memory: reads return what the scenario says, the first writes are recorded and all are counted.</summary>
internal sealed class RegisterBank : IMmioDevice
{
    private const string Type = "RegisterBank";
    private const int MaxRecorded = 256;

    private readonly RegisterBankSpec _spec;
    private readonly byte[] _values;
    private readonly DeviceWrite?[] _writes = new DeviceWrite?[MaxRecorded];
    private long _count;

    public RegisterBank(RegisterBankSpec spec)
    {
        _spec = spec;
        _values = new byte[spec.Length];
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        foreach (var register in spec.Registers)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(value, register.Value);
            value[..register.Size].CopyTo(_values.AsSpan(register.Offset));
        }
    }

    /// <summary>How many writes there were before; 0 unless said.</summary>
    internal long Count
    {
        init => _count = value;
    }

    /// <inheritdoc/>
    public ExitSite Site => new(ExitSiteKind.Device, _spec.Address, Type);

    /// <inheritdoc/>
    public DeviceReport Report => new(
        Type, _spec.Address, _count, [.. _writes.Take((int)Math.Min(_count, MaxRecorded)).OfType<DeviceWrite>()]);

    /// <inheritdoc/>
    public bool Claims(ulong address, int length)
    {
        var offset = unchecked(address - _spec.Address);
        return offset < (ulong)_values.Length && length <= _values.Length - (int)offset;
    }

    /// <inheritdoc/>
    public void Access(in MmioExit mmio)
    {
        var offset = (int)(mmio.Address - _spec.Address);
        if (!mmio.IsWrite)
        {
            _values.AsSpan(offset, mmio.Data.Length).CopyTo(mmio.Data);
            return;
        }

        // The place is taken first, so two vCPUs never share one.
        var place = Interlocked.Increment(ref _count) - 1;
        if (place < MaxRecorded)
        {
            Span<byte> value = stackalloc byte[sizeof(ulong)];
            mmio.Data.CopyTo(value);
            _writes[place] = new DeviceWrite((ulong)offset, mmio.Data.Length, BinaryPrimitives.ReadUInt64LittleEndian(value));
        }
    }
}
