using KvmActors.Interop.Memory;

namespace KvmActors.Machine.Devices;

/// <summary>A device that a scenario gives to a VM.</summary>
public abstract record DeviceSpec
{
    /// <summary>The pages of guest-physical addresses in which it has registers; null where it has none in memory.</summary>
    public virtual MemoryRange? Memory => null;
}

/// <summary>A port whose writes go to the VM's console.</summary>
/// <param name="Port">Its number.</param>
/// <param name="IsCoalesced">Whether KVM gathers the writes where it can: fewer exits, and output that comes with the next other exit.</param>
public sealed record ConsoleDeviceSpec(ushort Port, bool IsCoalesced = false) : DeviceSpec;

/// <summary>A 16550 serial port for drivers that poll.</summary>
/// <param name="Port">The first of its eight ports.</param>
public sealed record SerialDeviceSpec(ushort Port) : DeviceSpec;

/// <summary>Registers in memory: reads return what the scenario says, writes are recorded.</summary>
/// <param name="Address">Where they begin, guest-physical.</param>
/// <param name="Length">Bytes they take.</param>
/// <param name="Registers">What reads return; 0 elsewhere.</param>
public sealed record RegisterBankSpec(ulong Address, int Length, IReadOnlyList<BankRegister> Registers) : DeviceSpec
{
    /// <inheritdoc/>
    public override MemoryRange? Memory
    {
        get
        {
            var start = Address & ~(MemoryRange.PageSize - 1);
            var end = (Address + (ulong)Length + MemoryRange.PageSize - 1) & ~(MemoryRange.PageSize - 1);
            return new MemoryRange(new GuestPhysAddr(start), end - start);
        }
    }
}

/// <summary>One register of a bank.</summary>
/// <param name="Offset">Bytes from the bank's beginning.</param>
/// <param name="Size">1, 2, 4 or 8 bytes.</param>
/// <param name="Value">What reads return.</param>
public sealed record BankRegister(int Offset, int Size, ulong Value);

/// <summary>A port whose writes are counted inside the kernel, with no exit.</summary>
/// <param name="Port">Its number.</param>
/// <param name="Size">Bytes of the writes that count: 1, 2 or 4.</param>
public sealed record DoorbellSpec(ushort Port, int Size) : DeviceSpec;

/// <summary>A device that whoever embeds this program has written.</summary>
/// <param name="Name">What it is called where exits are counted.</param>
/// <param name="Create">Makes one for each VM; on any thread.</param>
/// <param name="Pages">The pages it has in memory; null for none.</param>
public sealed record CustomDeviceSpec(string Name, Func<IDevice> Create, MemoryRange? Pages = null) : DeviceSpec
{
    /// <inheritdoc/>
    public override MemoryRange? Memory => Pages;
}

/// <summary>A port whose write ends the VM, the value being its exit status.</summary>
/// <param name="Port">Its number.</param>
public sealed record DebugExitSpec(ushort Port) : DeviceSpec;
