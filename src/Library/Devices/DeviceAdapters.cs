using System.Buffers.Binary;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;

namespace KvmActors.Library.Devices;

/// <summary>Devices written against the library, as the machine takes them.</summary>
internal static class DeviceAdapters
{
    /// <summary>Describes a device to the machine.</summary>
    public static DeviceSpec Describe(GuestDevice device)
    {
        if (device is GuestDevice.Ports ports)
        {
            return new CustomDeviceSpec($"on port 0x{ports.FirstPort:x}", () => new PortAdapter(ports));
        }

        var memory = (GuestDevice.Memory)device;
        var start = memory.Address & ~(MemoryRange.PageSize - 1);
        var end = (memory.Address + (ulong)memory.Length + MemoryRange.PageSize - 1) & ~(MemoryRange.PageSize - 1);
        return new CustomDeviceSpec($"at 0x{memory.Address:x}", () => new MemoryAdapter(memory), new MemoryRange(new GuestPhysAddr(start), end - start));
    }

    private sealed class PortAdapter(GuestDevice.Ports ports) : Machine.Devices.IPortDevice, IDisposable
    {
        private readonly IPortDevice _device = ports.Create();

        public DeviceReport? Report => null;

        public bool Claims(ushort port) => port >= ports.FirstPort && port - ports.FirstPort < ports.Count;

        public VcpuEnd? Access(in IoExit io, ConsoleDevice console)
        {
            var offset = io.Port - ports.FirstPort;
            Span<byte> word = stackalloc byte[sizeof(uint)];

            // A string instruction may bring several accesses at once.
            for (var data = io.Data; data.Length >= io.Size; data = data[io.Size..])
            {
                word.Clear();
                if (io.IsOut)
                {
                    data[..io.Size].CopyTo(word);
                    _device.Write(offset, io.Size, BinaryPrimitives.ReadUInt32LittleEndian(word));
                }
                else
                {
                    BinaryPrimitives.WriteUInt32LittleEndian(word, _device.Read(offset, io.Size));
                    word[..io.Size].CopyTo(data);
                }
            }

            return null;
        }

        public void Dispose() => (_device as IDisposable)?.Dispose();
    }

    private sealed class MemoryAdapter(GuestDevice.Memory memory) : IMmioDevice, IDisposable
    {
        private readonly IMemoryDevice _device = memory.Create();

        public DeviceReport? Report => null;

        public ExitSite Site { get; } = new(ExitSiteKind.Device, memory.Address, "Custom");

        public bool Claims(ulong address, int length)
        {
            var offset = unchecked(address - memory.Address);
            return offset < (ulong)memory.Length && length <= memory.Length - (long)offset;
        }

        public void Access(in MmioExit mmio)
        {
            var offset = (long)(mmio.Address - memory.Address);
            Span<byte> word = stackalloc byte[sizeof(ulong)];
            if (mmio.IsWrite)
            {
                mmio.Data.CopyTo(word);
                _device.Write(offset, mmio.Data.Length, BinaryPrimitives.ReadUInt64LittleEndian(word));
            }
            else
            {
                BinaryPrimitives.WriteUInt64LittleEndian(word, _device.Read(offset, mmio.Data.Length));
                word[..mmio.Data.Length].CopyTo(mmio.Data);
            }
        }

        public void Dispose() => (_device as IDisposable)?.Dispose();
    }
}
