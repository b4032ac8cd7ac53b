using System.Buffers.Binary;
using Iced.Intel;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Differential;

/// <content>Steps that lead from one ring to another.</content>
internal sealed partial class RingZeroSteps
{
    private void FarBranch(Assembler code)
    {
        var selector = Selector();
        Pointer(selector, (uint)RingZero.Landing, 4);
        if (random.Next(2) == 0)
        {
            _text = $"jmp far {selector:x}";
            code.jmp(__fword_ptr[Pointers]);
        }
        else
        {
            _text = $"call far {selector:x}";
            code.call(__fword_ptr[Pointers]);
        }
    }

    private void FarReturn(Assembler code)
    {
        var (target, stack) = (Selector(), Selector());
        if (random.Next(2) == 0)
        {
            (target, stack) = random.Next(3) switch
            {
                0 => (RingZero.UserCodeSelector, RingZero.UserDataSelector),
                1 => (RingZero.UserCode32Selector, RingZero.UserDataSelector),
                _ => (RingZero.KernelCodeSelector, RingZero.KernelDataSelector),
            };
        }

        var flags = 2 | ((ulong)random.Next() & 0x20_7ED5);
        var size = random.Next(2) == 0 ? 8 : 4;
        var isInterrupt = random.Next(3) != 0;
        var words = isInterrupt
            ? (ulong[])[RingZero.Landing, target, flags, RingZero.UserStack - 0x100, stack]
            : [RingZero.Landing, target, RingZero.UserStack - 0x100, stack];
        var frame = new byte[40];
        foreach (var (index, word) in words.Index())
        {
            BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(index * size), (uint)word);
        }

        _memory.Add((Frames, frame));
        _text = $"{(isInterrupt ? $"iret, flags {flags:x}," : "retf")} by {size}: {target:x}, {stack:x}";
        code.mov(rsp, (long)Frames);
        if (size == 8)
        {
            code.db(0x48);
        }

        code.db(isInterrupt ? (byte)0xCF : (byte)0xCB);
    }

    private void Interrupt(Assembler code)
    {
        var vector = !_isUsers && random.Next(3) == 0 ? 3 : random.Next(0x20, 0x40) + (_isUsers ? 0x20 : 0);
        if (random.Next(3) != 0)
        {
            var type = random.Next(5) == 0 ? random.Next(16) : random.Next(14, 16);
            var selector = random.Next(3) == 0 ? Selector() : RingZero.KernelCodeSelector;
            var access = (ulong)(type | (random.Next(4) << 5) | (random.Next(6) != 0 ? 0x80 : 0));
            // Without a change of privilege, QEMU clears SS where only the stack pointer is another.
            var stack = _isUsers ? (ulong)random.Next(8) : 0;
            var handler = RingZero.Handlers + ((ulong)vector * 16);
            Word(RingZero.Gates + ((ulong)vector * 16), handler | ((ulong)selector << 16) | (access << 40) | (stack << 32));
            _text = $"gate {access:x} {selector:x}: ";
        }
        else
        {
            _text = "";
        }

        if (vector == 3)
        {
            _text += "int3";
            code.int3();
        }
        else
        {
            _text += $"int {vector:x}";
            code.@int((byte)vector);
        }
    }

    private void CallSystem(Assembler code)
    {
        if (random.Next(2) == 0)
        {
            _text = "syscall";
            code.syscall();
            return;
        }

        var flags = (ulong)random.Next() & 0x20_7FD5;
        var target = random.Next(6) == 0 ? 1UL << 47 : RingZero.Landing;
        var isLong = random.Next(2) == 0;
        _text = $"sysret{(isLong ? "q" : "d")} {target:x}, flags {flags:x}";
        code.mov(rcx, (long)target);
        code.mov(r11, (long)flags);
        code.mov(esp, (uint)RingZero.UserStack);
        if (isLong)
        {
            code.sysretq();
        }
        else
        {
            code.db(0x0F, 0x07);
        }
    }
}
