using KvmActors.Interop.Kvm;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Machine.Devices;

/// <summary>
/// A 16550 serial port (National Semiconductor PC16550D, section 8) as far as drivers that poll look at it: no interrupts, always
/// ready to send, and its input is the VM's standard input.
/// </summary>
internal sealed class SerialDevice(SerialDeviceSpec spec, GuestInput input) : IPortDevice
{
    private const int Registers = 8;

    // Register offsets; DLAB in the line control register puts the divisor latch in place of the first two.
    private const int Data = 0, InterruptEnable = 1, InterruptIdentification = 2, LineControl = 3, LineStatus = 5, ModemStatus = 6;

    private const int DivisorLatchAccess = 0x80;
    private const int NoInterruptPending = 0x01;
    private const int DataReady = 0x01, TransmitterEmpty = 0x60;
    private const int CarrierClearToSendDataSetReady = 0xB0;

    private readonly int[] _registers = new int[Registers];
    private readonly int[] _divisor = new int[2];

    /// <inheritdoc/>
    public DeviceReport? Report => null;

    /// <inheritdoc/>
    public bool Claims(ushort port) => port >= spec.Port && port - spec.Port < Registers;

    /// <inheritdoc/>
    public VcpuEnd? Access(in IoExit io, ConsoleDevice console)
    {
        // An access of several bytes is one to each of the ports that follow; a string instruction repeats it.
        for (var index = 0; index < io.Data.Length; index++)
        {
            var register = io.Port - spec.Port + (index % io.Size);
            if (register >= Registers)
            {
                continue;
            }

            if (io.IsOut)
            {
                Write(register, io.Data.Slice(index, 1), console);
            }
            else
            {
                io.Data[index] = (byte)Read(register);
            }
        }

        return null;
    }

    private void Write(int register, ReadOnlySpan<byte> value, ConsoleDevice console)
    {
        if (register <= InterruptEnable && IsDivisorLatched)
        {
            Volatile.Write(ref _divisor[register], value[0]);
        }
        else if (register == Data)
        {
            console.Write(value);
        }
        else if (register is not InterruptIdentification and not LineStatus and not ModemStatus)
        {
            Volatile.Write(ref _registers[register], value[0]);
        }
    }

    private int Read(int register) => register switch
    {
        Data or InterruptEnable when IsDivisorLatched => Volatile.Read(ref _divisor[register]),
        Data => input.TryTake(out var value) ? value : 0,
        InterruptIdentification => NoInterruptPending,
        LineStatus => TransmitterEmpty | (input.IsEmpty ? 0 : DataReady),
        ModemStatus => CarrierClearToSendDataSetReady,
        _ => Volatile.Read(ref _registers[register]),
    };

    private bool IsDivisorLatched => (Volatile.Read(ref _registers[LineControl]) & DivisorLatchAccess) != 0;
}
