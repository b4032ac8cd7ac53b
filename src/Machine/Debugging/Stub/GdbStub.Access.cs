using KvmActors.Machine.Debugging.Remote;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Processor;

namespace KvmActors.Machine.Debugging.Stub;

/// <content>Registers, memory and breakpoints.</content>
public sealed partial class GdbStub
{
    private const ulong PageBytes = 4096;

    private TargetDescription? Description()
    {
        if (_description is null)
        {
            Ask(vcpu => _description = debugger.Program is null
                ? TargetDescription.For(CodeMode.BitsOf(vcpu.Vcpu.GetSpecialRegisters())) : TargetDescription.ForProgram());
        }

        return _description;
    }

    private string? ReadAll()
    {
        string? text = null;
        return Description() is { } description && Ask(vcpu =>
        {
            var registers = VcpuRegisters.Read(vcpu.Vcpu, vcpu.User);
            text = string.Concat(description.Registers.Select(register => HexText.Of(registers.Get(register))));
        }) ? text : null;
    }

    private bool WriteAll(ReadOnlySpan<byte> rest)
    {
        if (HexText.ToBytes(rest) is not { } bytes || Description() is not { } description
            || bytes.Length != description.Registers.Sum(register => register.Bytes))
        {
            return false;
        }

        var isSet = false;
        return Ask(vcpu =>
        {
            var registers = VcpuRegisters.Read(vcpu.Vcpu, vcpu.User);
            var offset = 0;
            foreach (var register in description.Registers)
            {
                registers.TrySet(register, bytes.AsSpan(offset, register.Bytes));
                offset += register.Bytes;
            }

            isSet = registers.Write(vcpu.Memory);
            vcpu.LookAgain();
        }) && isSet;
    }

    private string? ReadOne(ReadOnlySpan<byte> rest)
    {
        string? text = null;
        return TryRegister(ref rest, out var register) && Ask(vcpu => text = HexText.Of(VcpuRegisters.Read(vcpu.Vcpu, vcpu.User).Get(register))) ? text : null;
    }

    private bool WriteOne(ReadOnlySpan<byte> rest)
    {
        if (!TryRegister(ref rest, out var register) || !HexText.TryTake(ref rest, '=') || HexText.ToBytes(rest) is not { } bytes)
        {
            return false;
        }

        var isSet = false;
        return Ask(vcpu =>
        {
            var registers = VcpuRegisters.Read(vcpu.Vcpu, vcpu.User);
            isSet = registers.TrySet(register, bytes) && registers.Write(vcpu.Memory);
            vcpu.LookAgain();
        }) && isSet;
    }

    private bool TryRegister(ref ReadOnlySpan<byte> rest, out TargetRegister register)
    {
        register = new TargetRegister("", 0);
        if (!HexText.TryTakeNumber(ref rest, out var number) || Description() is not { } description || number >= (ulong)description.Registers.Count)
        {
            return false;
        }

        register = description.Registers[(int)number];
        return true;
    }

    private string? ReadMemory(ReadOnlySpan<byte> rest)
    {
        if (!TryRange(ref rest, out var address, out var length))
        {
            return null;
        }

        var bytes = new byte[Math.Min(length, MaxMemoryBytes)];
        var read = 0;
        Ask(vcpu =>
        {
            var special = vcpu.Vcpu.GetSpecialRegisters();
            read = debugger.Breakpoints!.Read(special, address, bytes);
            while (read < bytes.Length && debugger.Program?.IsPromised(vcpu.Memory, address + (ulong)read) == true)
            {
                // To the end of the page: nobody has written there yet.
                var here = address + (ulong)read;
                read = (int)Math.Min((ulong)bytes.Length, (ulong)read + PageBytes - (here % PageBytes));
                read += read < bytes.Length ? debugger.Breakpoints.Read(special, address + (ulong)read, bytes.AsSpan(read)) : 0;
            }
        });
        return read > 0 || length == 0 ? HexText.Of(bytes.AsSpan(0, read)) : null;
    }

    private bool WriteMemory(ReadOnlySpan<byte> rest, bool isHex)
    {
        if (!TryRange(ref rest, out var address, out var length) || !HexText.TryTake(ref rest, ':')
            || (isHex ? HexText.ToBytes(rest) : rest.ToArray()) is not { } bytes || (ulong)bytes.Length != length)
        {
            return false;
        }

        var isWritten = length == 0;
        return Ask(vcpu => isWritten |= length > 0 && debugger.Breakpoints!.TryWrite(vcpu.Vcpu.GetSpecialRegisters(), address, bytes)) && isWritten;
    }

    // ,ADDRESS,KIND
    private bool ChangeBreakpoint(ReadOnlySpan<byte> rest, bool isSet)
    {
        if (!HexText.TryTake(ref rest, ',') || !HexText.TryTakeNumber(ref rest, out var address))
        {
            return false;
        }

        var isDone = !isSet;
        return Ask(vcpu =>
        {
            if (isSet)
            {
                isDone = debugger.Breakpoints!.TryAdd(vcpu.Vcpu.GetSpecialRegisters(), address);
            }
            else
            {
                debugger.Breakpoints!.Remove(address);
            }
        }) && isDone;
    }

    // ,ADDRESS,LENGTH
    private bool ChangeWatchpoint(byte type, ReadOnlySpan<byte> rest, bool isSet)
    {
        if (!HexText.TryTake(ref rest, ',') || !TryRange(ref rest, out var address, out var length) || length == 0)
        {
            return false;
        }

        var kind = type switch { (byte)'2' => WatchKind.Write, (byte)'3' => WatchKind.Read, _ => WatchKind.Access };
        var watchpoint = new Watchpoint(address, length, kind);
        if (isSet)
        {
            return debugger.Watchpoints!.TryAdd(watchpoint);
        }

        debugger.Watchpoints!.Remove(watchpoint);
        return true;
    }

    private static bool TryRange(ref ReadOnlySpan<byte> rest, out ulong address, out ulong length)
    {
        length = 0;
        return HexText.TryTakeNumber(ref rest, out address) && HexText.TryTake(ref rest, ',') && HexText.TryTakeNumber(ref rest, out length);
    }
}
