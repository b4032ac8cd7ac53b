using KvmActors.Interop.Memory;
using KvmActors.Library.Checking;
using KvmActors.Linux.Hypercalls;
using KvmActors.Machine.Devices;

namespace KvmActors.Host.Configuration;

/// <summary>The types of device there are; what people write under <c>Type</c>.</summary>
internal enum DeviceType
{
    Console,
    Serial,
    RegisterBank,
    Doorbell,
    DebugExit,
}

/// <summary>Checks the devices of a VM.</summary>
internal sealed class DeviceValidator(Problems problems)
{
    /// <summary>The longest register bank.</summary>
    internal const int MaxBankBytes = 1 << 20;

    private const int SerialPorts = 8;
    private const ulong AddressLimit = 1UL << 52;

    /// <summary>Reads a device.</summary>
    /// <returns>Null when something is wrong with it; the problems say what.</returns>
    public DeviceSpec? Read(string path, DeviceOptions options)
    {
        var before = problems.Count;
        var type = problems.ReadName<DeviceType>($"{path}:Type", options.Type);
        if (problems.Count > before)
        {
            return null;
        }

        CheckKeys(path, type, options);
        DeviceSpec spec = type switch
        {
            DeviceType.Console => new ConsoleDeviceSpec(ReadPort(path, options, 1), options.Coalesced ?? false),
            DeviceType.Serial => new SerialDeviceSpec(ReadPort(path, options, SerialPorts)),
            DeviceType.Doorbell => new DoorbellSpec(ReadPort(path, options, 1), ReadSize($"{path}:Size", options.Size ?? 4, 4)),
            DeviceType.DebugExit => new DebugExitSpec(ReadPort(path, options, 1)),
            _ => ReadBank(path, options),
        };
        return problems.Count > before ? null : spec;
    }

    /// <summary>Finds devices that stand in each other's way, or where memory is.</summary>
    public static void FindOverlaps(string path, IReadOnlyList<DeviceSpec> devices, IReadOnlyList<MemoryRange> memory, Problems problems)
    {
        var ports = new HashSet<int>();
        var banks = new List<RegisterBankSpec>();
        foreach (var (index, device) in devices.Index())
        {
            var (first, count) = device switch
            {
                ConsoleDeviceSpec console => (console.Port, 1),
                SerialDeviceSpec serial => (serial.Port, SerialPorts),
                DoorbellSpec doorbell => (doorbell.Port, 1),
                DebugExitSpec exit => (exit.Port, 1),
                _ => (0, 0),
            };
            if (Enumerable.Range(first, count).Count(ports.Add) < count)
            {
                problems.Add($"{path}:Devices:{index}:Port", "another device has the port already");
            }

            if (device is not RegisterBankSpec bank)
            {
                continue;
            }

            var end = bank.Address + (ulong)bank.Length;
            if (memory.Any(range => bank.Address < range.End.Value && range.Start.Value < end))
            {
                problems.Add($"{path}:Devices:{index}:Address", $"there is memory at 0x{bank.Address:x}: accesses would never reach the device");
            }

            if (banks.Exists(other => bank.Address < other.Address + (ulong)other.Length && other.Address < end))
            {
                problems.Add($"{path}:Devices:{index}:Address", $"another device has addresses from 0x{bank.Address:x} to 0x{end - 1:x} already");
            }

            banks.Add(bank);
        }
    }

    private void CheckKeys(string path, DeviceType type, DeviceOptions options)
    {
        Check(options.Port is not null, type != DeviceType.RegisterBank, "Port");
        Check(options.Coalesced is not null, type == DeviceType.Console, "Coalesced");
        Check(options.Size is not null, type == DeviceType.Doorbell, "Size");
        Check(options.Address is not null, type == DeviceType.RegisterBank, "Address");
        Check(options.Length is not null, type == DeviceType.RegisterBank, "Length");
        Check(options.Registers.Count > 0, type == DeviceType.RegisterBank, "Registers");

        void Check(bool isGiven, bool isMeaningful, string key)
        {
            if (isGiven && !isMeaningful)
            {
                problems.Add($"{path}:{key}", $"a {type} has none");
            }
        }
    }

    private ushort ReadPort(string path, DeviceOptions options, int count)
    {
        var port = problems.ReadNumber($"{path}:Port", options.Port);
        var last = port + (ulong)count - 1;
        if (options.Port is null || port > ushort.MaxValue || last > ushort.MaxValue || HypercallPorts.IsHypercall((ushort)port) || HypercallPorts.IsHypercall((ushort)last))
        {
            problems.Add($"{path}:Port", $"'{options.Port}' is no port from 0 to 0xffff outside the hypercalls' 0x8000 to 0x80ff and 0xffff");
        }

        return (ushort)port;
    }

    private int ReadSize(string key, int size, int most)
    {
        if (size is not (1 or 2 or 4 or 8) || size > most)
        {
            problems.Add(key, most == 4 ? $"{size} is not 1, 2 or 4" : $"{size} is not 1, 2, 4 or 8");
        }

        return size;
    }

    private RegisterBankSpec ReadBank(string path, DeviceOptions options)
    {
        var address = problems.ReadNumber($"{path}:Address", options.Address);
        if (options.Address is null || address >= AddressLimit)
        {
            problems.Add($"{path}:Address", $"'{options.Address}' is no guest-physical address below 0x{AddressLimit:x}");
        }

        var length = options.Length ?? 0;
        problems.CheckRange($"{path}:Length", length, 1, MaxBankBytes);
        var registers = new List<BankRegister>();
        foreach (var (index, register) in options.Registers.Index())
        {
            var key = $"{path}:Registers:{index}";
            var offset = problems.ReadNumber($"{key}:Offset", register.Offset);
            var size = ReadSize($"{key}:Size", register.Size, 8);
            var value = problems.ReadNumber($"{key}:Value", register.Value);
            if (offset > (ulong)length || (ulong)size > (ulong)length - offset)
            {
                problems.Add($"{key}:Offset", $"'{register.Offset}' with {size} bytes is outside the bank's {length}");
                continue;
            }

            if (size < 8 && value >> (8 * size) != 0)
            {
                problems.Add($"{key}:Value", $"'{register.Value}' does not fit into {size} bytes");
            }

            if (registers.Exists(other => (int)offset < other.Offset + other.Size && other.Offset < (int)offset + size))
            {
                problems.Add($"{key}:Offset", $"another register has bytes at '{register.Offset}' already");
            }

            registers.Add(new BankRegister((int)offset, size, value));
        }

        return new RegisterBankSpec(address, Math.Clamp(length, 1, MaxBankBytes), registers);
    }
}
