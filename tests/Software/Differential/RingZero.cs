using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Processor;

namespace KvmActors.Software.Tests.Differential;

/// <summary>
/// A machine that runs a piece of code in ring 0 of 64-bit mode, and from there in other rings and modes, until it halts. Every vector
/// has a handler that halts, and so has whatever far branches lead to.
/// </summary>
internal sealed class RingZero : IDisposable
{
    public const ulong PageTable = 0x4000, Descriptors = 0x5000, LocalDescriptors = 0x5800, Gates = 0x6000, Task = 0x7000, Handlers = 0x8000;
    public const ulong KernelStack = 0xA000, InterruptStacks = 0xB000, Stack = 0xD000;
    public const ulong Code = 0x1_0000, UserCode = 0x1_1000, Landing = 0x1_2000, SystemCall = 0x1_3000;
    public const ulong Data = 0x2_0000, Pointers = 0x2_1000, Frames = 0x2_1800, FloatingPoint = 0x2_2000, TestPages = 0x3_0000, UserStack = 0x3_8800;
    public const int TestPageCount = 4, DescriptorCount = 32, LocalDescriptorCount = 8;

    public const ushort KernelCodeSelector = 0x08, KernelDataSelector = 0x10, UserDataSelector = 0x1B, UserCodeSelector = 0x23;
    public const ushort TaskSelector = 0x28, UserCode32Selector = 0x3B;

    private const ulong Compared = 0x4_0000, Present = 1, Writable = 2, User = 4;
    private const int MostExits = 64;

    private readonly IVirtualMachine _vm;
    private readonly IVcpu _vcpu;
    private readonly GuestMemory _memory;
    private readonly kvm_sregs _initial;

    public RingZero(IHypervisor hypervisor)
    {
        _vm = hypervisor.CreateVm();
        _memory = GuestMemory.Allocate(new MemoryRange(new(0), 0x20_0000));
        _vm.MapMemory(_memory);
        _vcpu = _vm.CreateVcpu(0);
        _vcpu.BindToCurrentThread();
        _initial = Prepare(_vcpu.GetSpecialRegisters());
    }

    /// <summary>Runs a program, and tells how everything is when it has halted.</summary>
    public RingZeroResult Run(RingZeroProgram program)
    {
        Fill();
        foreach (var (address, bytes) in program.Memory)
        {
            Write(address, bytes);
        }

        _vcpu.SetSpecialRegisters(_initial);
        _vcpu.SetRegisters(program.Registers with { rip = Code, rsp = Stack - 0x100 });
        var ports = new List<string>();
        for (var count = 0; count < MostExits; count++)
        {
            var exit = _vcpu.Run();
            if (exit.Reason != VcpuExitReason.Io)
            {
                return Read(exit.Reason, ports);
            }

            var io = exit.Io;
            for (var at = 0; at < io.Data.Length; at += io.Size)
            {
                var item = io.Data.Slice(at, io.Size);
                if (!io.IsOut)
                {
                    item.Fill((byte)(io.Port + 0x55));
                }

                ports.Add($"{(io.IsOut ? "out" : "in")} {io.Port:x} {Convert.ToHexString(item)}");
            }
        }

        return Read(VcpuExitReason.Intr, ports);
    }

    public void Dispose()
    {
        _vcpu.Dispose();
        _vm.Dispose();
        _memory.Dispose();
    }

    private void Fill()
    {
        Write(0, new byte[Compared]);
        WriteWord(0x1000, 0x2000 | Present | Writable | User);
        WriteWord(0x2000, 0x3000 | Present | Writable | User);
        WriteWord(0x3000, PageTable | Present | Writable | User);
        for (var page = 0UL; page < 512; page++)
        {
            var isUsers = page << 12 is UserCode or Landing or >= Data;
            WriteWord(PageTable + (page * 8), (page << 12) | Present | Writable | (isUsers ? User : 0));
        }

        WriteWord(Descriptors + KernelCodeSelector, 0x00AF_9B00_0000_FFFF);
        WriteWord(Descriptors + KernelDataSelector, 0x00CF_9300_0000_FFFF);
        WriteWord(Descriptors + (UserDataSelector & ~3UL), 0x00CF_F300_0000_FFFF);
        WriteWord(Descriptors + (UserCodeSelector & ~3UL), 0x00AF_FB00_0000_FFFF);
        WriteWord(Descriptors + (UserCode32Selector & ~3UL), 0x00CF_FB00_0000_FFFF);
        WriteWord(Descriptors + TaskSelector, 0x0000_8900_0000_0FFF | (Task << 16));
        for (var vector = 0UL; vector < 256; vector++)
        {
            Write(Handlers + (vector * 16), [0xF4]);
            WriteWord(Gates + (vector * 16), (Handlers + (vector * 16)) | ((ulong)KernelCodeSelector << 16) | 0x8E00_0000_0000UL);
        }

        WriteWord(Task + 4, KernelStack);
        for (var entry = 0UL; entry < 7; entry++)
        {
            WriteWord(Task + 36 + (entry * 8), InterruptStacks + (entry * 0x100) + 0x100);
        }

        Write(Task + 102, [0x68, 0]);

        // PUSH, INC EAX or a prefix, NOP, HLT: something in every mode.
        var landing = new byte[] { 0x50, 0x40, 0x90, 0xF4 };
        Write(Landing, landing);
        Write(SystemCall, landing);
        for (var page = 0; page < TestPageCount; page++)
        {
            Write(TestPages + ((ulong)page * 0x1000), landing);
        }
    }

    private RingZeroResult Read(VcpuExitReason reason, IReadOnlyList<string> ports)
    {
        var memory = new byte[Compared];
        Assert.True(_memory.TryGetSpan(new(0), Compared, out var bytes));
        bytes.CopyTo(memory);
        MaskSpeculation(memory);
        MaskResume(memory);
        var registers = _vcpu.GetRegisters();
        MaskGate(memory, registers);
        return new RingZeroResult
        {
            Reason = reason,
            Registers = registers,
            Special = _vcpu.GetSpecialRegisters(),
            FloatingPoint = _vcpu.GetFloatingPoint(),
            Memory = memory,
            Ports = string.Join(", ", ports),
        };
    }

    // A processor may set accessed bits for what it might come to need. It does not come to think of the test pages.
    private static void MaskSpeculation(byte[] memory)
    {
        const byte AccessedAndDirty = 0x60;
        const int FirstTable = 0x1000, First = (int)(PageTable + (TestPages >> 9)), Last = First + (TestPageCount * 8);
        for (var at = FirstTable; at < (int)PageTable + 0x1000; at += 8)
        {
            if (at is < First or >= Last)
            {
                memory[at] &= unchecked((byte)~AccessedAndDirty);
            }
        }
    }

    // QEMU pushes RF clear where processors push it set. Whatever is in the stacks may be flags.
    private static void MaskResume(byte[] memory)
    {
        foreach (var (start, end) in ((ulong, ulong)[])[(0x9000, Stack), (Pointers, FloatingPoint), (UserStack - 0x800, UserStack)])
        {
            for (var at = start; at < end; at += 8)
            {
                memory[at + 2] &= 0xFE;
            }
        }
    }

    // QEMU counts the IDT's gates by their 16 bytes in the error codes of #NP and #GP, where processors count by 8.
    private static void MaskGate(byte[] memory, in kvm_regs registers)
    {
        const int SegmentNotPresent = 11, GeneralProtection = 13;
        const byte IsGate = 2;
        if ((registers.rip - Handlers) / 16 is SegmentNotPresent or GeneralProtection && (memory[registers.rsp] & IsGate) != 0)
        {
            memory[registers.rsp] &= 7;
            memory[registers.rsp + 1] = 0;
        }
    }

    private static kvm_sregs Prepare(kvm_sregs special)
    {
        special.cr0 = 0x8005_0033;
        special.cr2 = 0;
        special.cr3 = 0x1000;
        special.cr4 = 0x620;
        special.cr8 = 0;
        special.efer = 0xD01;
        special.gdt = new kvm_dtable { @base = Descriptors, limit = (DescriptorCount * 8) - 1 };
        special.idt = new kvm_dtable { @base = Gates, limit = 0xFFF };
        special.cs = Segment(KernelCodeSelector, 0xB) with { l = 1 };
        special.ss = special.ds = special.es = Segment(KernelDataSelector, 3) with { db = 1 };
        special.fs = Segment(KernelDataSelector, 3) with { db = 1, @base = Data + 0x100 };
        special.gs = Segment(KernelDataSelector, 3) with { db = 1, @base = Data + 0x200 };
        special.tr = new kvm_segment { selector = TaskSelector, @base = Task, limit = 0xFFF, type = 11, present = 1 };
        special.ldt = new kvm_segment
        {
            selector = 0x48,
            @base = LocalDescriptors,
            limit = (LocalDescriptorCount * 8) - 1,
            type = 2,
            present = 1,
        };
        return special;
    }

    private static kvm_segment Segment(ushort selector, byte type) =>
        new() { selector = selector, limit = uint.MaxValue, type = type, present = 1, s = 1, g = 1 };

    private void Write(ulong address, ReadOnlySpan<byte> bytes) => Assert.True(_memory.TryWriteBytes(new(address), bytes));

    private void WriteWord(ulong address, ulong value) => Assert.True(_memory.TryWrite(new(address), value));
}
