using System.Buffers.Binary;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Interop.Tests.Kvm;

/// <summary>
/// A guest that writes model-specific registers as the host tells it to, and goes on after each #GP. In real mode, which its code
/// expects to be entered in.
/// </summary>
internal sealed class MsrWriter
{
    private const ushort IdtPointer = 0x500, TableEnd = 0x510, Idt = 0x600, Table = 0x8000;
    private const int EntryBytes = 12, MaxEntries = (0xFFF0 - Table) / EntryBytes;
    private const int GeneralProtection = 13;

    private readonly byte[] _code;

    public MsrWriter()
    {
        var code = new Code16().Asm(a =>
        {
            a.lidt(__[IdtPointer]);
            a.mov(bp, __word_ptr[TableEnd]);
            a.mov(si, Table);
        }).Label(out var next).Asm(a =>
        {
            a.mov(ecx, __dword_ptr[si]);
            a.mov(eax, __dword_ptr[si + 4]);
            a.mov(edx, __dword_ptr[si + 8]);
            a.wrmsr();
            a.add(si, EntryBytes);
            a.cmp(si, bp);
            a.jb(next);
        }).Hlt().Label(out var skip).Asm(a =>
        {
            // Behind the WRMSR, which has two bytes. No error code: this is real mode.
            a.pop(ax);
            a.add(ax, 2);
            a.push(ax);
            a.iret();
        });
        var pointer = new byte[6];
        BinaryPrimitives.WriteUInt16LittleEndian(pointer, 0x3FF);
        BinaryPrimitives.WriteUInt32LittleEndian(pointer.AsSpan(2), Idt);
        var gate = new byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(gate, (ushort)code.AddressOf(skip));
        _code = code.DataAt(IdtPointer, pointer).DataAt(Idt + (4 * GeneralProtection), gate).ToArray();
    }

    /// <summary>Writes them, in this order.</summary>
    /// <param name="vcpu">In real mode, with 64 KiB of memory.</param>
    /// <param name="memory">Its memory.</param>
    /// <param name="writes">Numbers and values.</param>
    public void Run(KvmVcpu vcpu, GuestMemory memory, IEnumerable<(uint Index, ulong Value)> writes)
    {
        var entries = new byte[MaxEntries * EntryBytes];
        foreach (var chunk in writes.Chunk(MaxEntries))
        {
            foreach (var (position, (index, value)) in chunk.Index())
            {
                BinaryPrimitives.WriteUInt32LittleEndian(entries.AsSpan(position * EntryBytes), index);
                BinaryPrimitives.WriteUInt64LittleEndian(entries.AsSpan((position * EntryBytes) + 4), value);
            }

            Assert.True(memory.TryWriteBytes(new GuestPhysAddr(0), _code));
            Assert.True(memory.TryWrite(new GuestPhysAddr(TableEnd), (ushort)(Table + (chunk.Length * EntryBytes))));
            Assert.True(memory.TryWriteBytes(new GuestPhysAddr(Table), entries));
            vcpu.SetRegisters(new kvm_regs { rflags = 2, rsp = Table });
            Assert.Equal(VcpuExitReason.Hlt, vcpu.Run().Reason);
        }
    }
}
