using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmActors.Interop.Memory;
using KvmActors.Software.Decoding;
using KvmActors.Software.Execution;
using KvmActors.Software.Processor;

namespace KvmActors.Software.Tests.Hardware;

/// <summary>The processor in software, which executes what <see cref="HardwareReplay"/> executes.</summary>
internal sealed class SoftwareReplay : IDisposable
{
    private const ulong OperandAt = 0x20_0000, TablesAt = 0x1000;

    private readonly GuestMemory _memory = GuestMemory.Allocate(new MemoryRange(new GuestPhysAddr(0), 0x40_0000));
    private readonly Cpu _cpu;

    public SoftwareReplay()
    {
        // Two large pages, mapped where they are.
        var slot = _memory.Slots[0];
        slot.At<ulong>(TablesAt) = (TablesAt + 0x1000) | 7;
        slot.At<ulong>(TablesAt + 0x1000) = (TablesAt + 0x2000) | 7;
        slot.At<ulong>(TablesAt + 0x2000) = 0x87;
        slot.At<ulong>(TablesAt + 0x2008) = 0x20_0087;
        var physical = new PhysicalMemory();
        physical.Add(_memory.Slots);
        _cpu = new Cpu(0, physical, new NoPorts());
        _cpu.SetControl(
            Cr0.ProtectionEnable | Cr0.Paging | Cr0.NumericError | Cr0.MonitorCoprocessor, TablesAt,
            Cr4.PhysicalAddressExtension | Cr4.Fxsr | Cr4.XmmExceptions, Efer.LongModeEnable | Efer.LongModeActive);
        _cpu.Segments[(int)Seg.Cs] = new SegmentRegister { Selector = 0x33, Limit = uint.MaxValue, Access = 0xA0FB };
        foreach (var segment in (Seg[])[Seg.Es, Seg.Ss, Seg.Ds, Seg.Fs, Seg.Gs])
        {
            // As Linux has them.
            _cpu.Segments[(int)segment] = new SegmentRegister { Selector = segment == Seg.Ss ? (ushort)0x2B : (ushort)0, Limit = uint.MaxValue, Access = 0xC0F3 };
        }

        _cpu.SetCpl(3);
        _cpu.RefreshMode();
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>Executes an instruction.</summary>
    public HardwareCase Execute(HardwareCase request)
    {
        var result = new HardwareCase(request.Buffer) { Vector = ulong.MaxValue };
        Load(request);
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(request.Code.ToArray()));
        decoder.IP = 0x1000;
        while (decoder.IP < 0x1000 + (ulong)request.Code.Length && result.Vector == ulong.MaxValue)
        {
            var rip = decoder.IP;
            var instruction = decoder.Decode();
            var op = OpBuilder.Build(instruction, rip, request.Code.Slice((int)(rip - 0x1000), instruction.Length));
            if (!InstructionSet.Table.TryResolve(ref op))
            {
                result.Vector = 6;
                break;
            }

            try
            {
                op.Handler(_cpu, op);
            }
            catch (GuestFault fault)
            {
                result.Vector = (ulong)fault.Vector;
            }
        }

        Store(result);
        return result;
    }

    private void Load(HardwareCase request)
    {
        _cpu.Regs[Gpr.Rax] = request.Rax;
        _cpu.Regs[Gpr.Rcx] = request.Rcx;
        _cpu.Regs[Gpr.Rdx] = request.Rdx;
        _cpu.Regs[Gpr.Rdi] = OperandAt;
        _cpu.SetFlags(request.Flags);
        _cpu.Mxcsr = request.Mxcsr;
        request.Memory.CopyTo(_memory.Slots[0].Span(OperandAt, HardwareCase.MemoryBytes));
        var x87 = _cpu.X87;
        x87.Initialize();
        x87.Control = (ushort)((request.ControlWord & 0x1F3F) | 0x40);
        x87.StatusWord = request.StatusWord;
        x87.UpdateSummary();
        x87.EmptyMask = (byte)~request.Tags;
        for (var index = 0; index < 8; index++)
        {
            var register = (x87.Top + index) & 7;
            x87.Significands[register] = BinaryPrimitives.ReadUInt64LittleEndian(request.Stack(index));
            x87.SignExponents[register] = BinaryPrimitives.ReadUInt16LittleEndian(request.Stack(index)[8..]);
        }

        for (var index = 0; index < 16; index++)
        {
            _cpu.Xmm[index] = Vector128.Create<byte>(request.Xmm(index));
        }
    }

    private void Store(HardwareCase result)
    {
        var x87 = _cpu.X87;
        (result.Rax, result.Rcx, result.Rdx) = (_cpu.Regs[Gpr.Rax], _cpu.Regs[Gpr.Rcx], _cpu.Regs[Gpr.Rdx]);
        result.Flags = _cpu.Flags;
        result.Mxcsr = _cpu.Mxcsr;
        (result.ControlWord, result.StatusWord, result.Tags) = (x87.Control, x87.StatusWord, (byte)~x87.EmptyMask);
        _memory.Slots[0].Span(OperandAt, HardwareCase.MemoryBytes).CopyTo(result.Memory);
        for (var index = 0; index < 8; index++)
        {
            var register = (x87.Top + index) & 7;
            BinaryPrimitives.WriteUInt64LittleEndian(result.Stack(index), x87.Significands[register]);
            BinaryPrimitives.WriteUInt16LittleEndian(result.Stack(index)[8..], x87.SignExponents[register]);
        }

        for (var index = 0; index < 16; index++)
        {
            MemoryMarshal.AsBytes(new ReadOnlySpan<Vector128<byte>>(in _cpu.Xmm[index])).CopyTo(result.Xmm(index));
        }
    }

    private sealed class NoPorts : IPorts
    {
        public bool TryRing(ushort port, int size) => false;
    }
}
