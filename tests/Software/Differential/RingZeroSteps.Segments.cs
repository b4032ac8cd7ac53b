using System.Buffers.Binary;
using Iced.Intel;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Differential;

/// <content>Steps about segments and descriptor tables.</content>
internal sealed partial class RingZeroSteps
{
    private void LoadSegment(Assembler code)
    {
        var selector = Selector();
        var register = (AssemblerRegisterSegment[])[ds, es, fs, gs, ss];
        var segment = register[random.Next(5)];
        if (segment == ss && selector < 4)
        {
            // QEMU's far returns by 4 bytes take the stack for one of 16 bits then.
            selector = RingZero.KernelDataSelector;
        }

        switch (random.Next(4))
        {
            case 0 when segment == fs || segment == gs:
                _text = $"pop {Name(segment)} {selector:x}";
                code.push(selector);
                code.pop(segment);
                break;
            case 1 when segment == fs || segment == gs || segment == ss:
                _text = $"l{Name(segment)} {selector:x}";
                Pointer(selector, 0x1234_5678, 4);
                var pointer = __fword_ptr[Pointers];
                if (segment == fs)
                {
                    code.lfs(ecx, pointer);
                }
                else if (segment == gs)
                {
                    code.lgs(ecx, pointer);
                }
                else
                {
                    code.lss(ecx, pointer);
                }

                break;
            default:
                _text = $"mov {Name(segment)}, {selector:x}";
                code.mov(eax, (uint)selector);
                code.mov(segment, ax);
                code.mov(edx, segment);
                break;
        }
    }

    private static string Name(AssemblerRegisterSegment segment) => ((Register)segment).ToString().ToLowerInvariant();

    private void AskForSegment(Assembler code)
    {
        var selector = Selector();
        code.mov(ecx, (uint)selector);
        code.mov(rdx, 0x1111_2222_3333_4444L);
        switch (random.Next(4))
        {
            case 0:
                _text = $"lar {selector:x}";
                code.lar(edx, ecx);

                // Bits 16 to 19 are nobody's.
                code.pushfq();
                code.and(edx, 0xF0_FF00);
                code.popfq();
                break;
            case 1:
                _text = $"lsl {selector:x}";
                code.lsl(edx, ecx);
                break;
            case 2:
                _text = $"verr {selector:x}";
                code.verr(cx);
                break;
            default:
                _text = $"verw {selector:x}";
                code.verw(cx);
                break;
        }
    }

    private void LoadTable(Assembler code)
    {
        var image = new byte[10];
        var limit = (ushort)(random.Next(3) switch { 0 => 0xFFF, 1 => (RingZero.DescriptorCount * 8) - 1, _ => random.Next(0x1000) });
        BinaryPrimitives.WriteUInt16LittleEndian(image, limit);
        switch (random.Next(4))
        {
            case 0:
                BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(2), RingZero.Descriptors);
                _text = $"lgdt {Convert.ToHexString(image)}";
                _memory.Add((Pointers, image));
                code.lgdt(__[Pointers]);
                break;
            case 1:
                BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(2), RingZero.Gates);
                _text = $"lidt {Convert.ToHexString(image)}";
                _memory.Add((Pointers, image));
                code.lidt(__[Pointers]);
                break;
            case 2:
                var local = Selector();
                _text = $"lldt {local:x}";
                code.mov(eax, (uint)local);
                code.lldt(ax);
                break;
            default:
                // QEMU takes a null selector, and ends itself at the next interrupt.
                var selector = Math.Max(Selector(), (ushort)4);
                _text = $"ltr {selector:x}";
                code.mov(eax, (uint)selector);
                code.ltr(ax);
                break;
        }
    }

    private void StoreTable(Assembler code)
    {
        var target = RingZero.Data + 0x800;
        switch (random.Next(5))
        {
            case 0:
                _text = "sgdt";
                code.sgdt(__[target]);
                break;
            case 1:
                _text = "sidt";
                code.sidt(__[target]);
                break;
            case 2:
                _text = "sldt";
                code.sldt(rdx);
                break;
            case 3:
                _text = "str";
                code.str(edx);
                break;
            default:
                _text = "smsw";
                code.smsw(dx);
                break;
        }
    }
}
