using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Processor;

namespace KvmActors.Software.Tests.Differential;

/// <summary>
/// A machine that runs a piece of code in ring 3 of 64-bit mode until it faults. Every vector has a handler that halts, so that the
/// address of the HLT tells the vector and the stack of ring 0 what was pushed.
/// </summary>
internal sealed class RingThree : IDisposable
{
    public const ulong Code = 0x1_0000, Data = 0x2_0000, FloatingPoint = 0x2_8000, Stack = 0x3_0000, ReadOnly = 0x4_0000, Unmapped = 0x5_0000;
    public const int DataBytes = 0x4000, StackBytes = 0x1000;

    private const ulong Tables = 0x1000, GlobalDescriptors = 0x5000, Handlers = 0x8000, Return = 0x9000, Gates = 0x6000, Task = 0x7000, KernelStack = 0xA000;
    private const ulong Present = 1, Writable = 2, User = 4;
    private const ushort KernelCode = 0x08, KernelData = 0x10, UserData = 0x1B, UserCode = 0x23, TaskSelector = 0x28, UserCode32 = 0x3B;

    private static readonly byte[] Zeros = new byte[ReadOnly - Data];

    private readonly IVirtualMachine _vm;
    private readonly IVcpu _vcpu;
    private readonly kvm_sregs _special;
    private bool _isInHandler;

    /// <summary>Makes it.</summary>
    /// <param name="hypervisor">What runs it.</param>
    /// <param name="bits">64 for 64-bit mode, 32 for compatibility mode.</param>
    public RingThree(IHypervisor hypervisor, int bits = 64)
    {
        _vm = hypervisor.CreateVm();
        Memory = GuestMemory.Allocate(new MemoryRange(new(0), 0x20_0000));
        _vm.MapMemory(Memory);
        BuildTables();
        BuildDescriptors();
        _vcpu = _vm.CreateVcpu(0);
        _special = Prepare(_vcpu.GetSpecialRegisters(), bits);
    }

    public GuestMemory Memory { get; }

    /// <summary>Runs a program from a state, and tells what it did.</summary>
    /// <param name="code">The program.</param>
    /// <param name="registers">Its general registers.</param>
    /// <param name="data">What is at <see cref="Data"/>.</param>
    /// <param name="stack">What is at <see cref="Stack"/>.</param>
    /// <param name="floatingPoint">What is at <see cref="FloatingPoint"/>.</param>
    public RingThreeResult Run(
        ReadOnlySpan<byte> code, in kvm_regs registers, ReadOnlySpan<byte> data, ReadOnlySpan<byte> stack, ReadOnlySpan<byte> floatingPoint = default)
    {
        Write(Code, Zeros.AsSpan(0, 0x1000));

        // Long copies come there, and what a program before left may be what nobody knows.
        Write(Data, Zeros);
        Write(Code, code);
        Write(Data, data);
        Write(Stack, stack);
        Write(FloatingPoint, floatingPoint);
        Write(KernelStack - 0x100, Zeros.AsSpan(0, 0x100));
        Enter(registers);
        var exit = _vcpu.Run();
        Assert.Equal(VcpuExitReason.Hlt, exit.Reason);
        var end = _vcpu.GetRegisters();
        var vector = (int)((end.rip - Handlers) / 16);
        var hasError = vector is 8 or (>= 10 and <= 14) or 17;
        var top = KernelStack - (hasError ? 48UL : 40UL);
        var frame = top + (hasError ? 8UL : 0);
        return new RingThreeResult
        {
            Vector = vector,
            ErrorCode = hasError ? Read(top) : 0,
            Cr2 = vector == 14 ? _vcpu.GetSpecialRegisters().cr2 : 0,
            Registers = end with { rip = Read(frame), rflags = Read(frame + 16) & ~(1UL << 16), rsp = Read(frame + 24) },
            Data = Bytes(Data, DataBytes),
            Stack = Bytes(Stack, StackBytes),
            FloatingPoint = floatingPoint.Length == 0 ? [] : _vcpu.GetFloatingPoint(),
        };
    }

    // Setting the special registers has KVM build its page tables anew. Where the last program left them as they were, IRETQ does.
    private void Enter(kvm_regs start)
    {
        if (!_isInHandler || !HasSegments(_vcpu.GetSpecialRegisters()))
        {
            _vcpu.SetSpecialRegisters(_special);
            start.rip = Code;
            _vcpu.SetRegisters(start);
            _vcpu.BindToCurrentThread();
            _isInHandler = true;
            return;
        }

        WriteWord(KernelStack - 40, Code);
        WriteWord(KernelStack - 32, _special.cs.selector);
        WriteWord(KernelStack - 24, start.rflags);
        WriteWord(KernelStack - 16, start.rsp);
        WriteWord(KernelStack - 8, UserData);
        _vcpu.SetRegisters(start with { rip = Return, rsp = KernelStack - 40, rflags = 2 });
    }

    private bool HasSegments(in kvm_sregs now) =>
        Same(now.ds, _special.ds) && Same(now.es, _special.es) && Same(now.fs, _special.fs) && Same(now.gs, _special.gs)
        && now.cr0 == _special.cr0 && now.cr4 == _special.cr4 && now.cs.selector == KernelCode;

    private static bool Same(in kvm_segment one, in kvm_segment other) => (one.selector, one.@base, one.limit) == (other.selector, other.@base, other.limit);

    public void Dispose()
    {
        _vcpu.Dispose();
        _vm.Dispose();
        Memory.Dispose();
    }

    private void BuildTables()
    {
        WriteWord(Tables, 0x2000 | Present | Writable | User);
        WriteWord(0x2000, 0x3000 | Present | Writable | User);
        WriteWord(0x3000, 0x4000 | Present | Writable | User);
        for (var page = 0UL; page < 512; page++)
        {
            var address = page << 12;
            var flags = address switch
            {
                (>= Unmapped and < Unmapped + 0x1_0000) or (> Code and < Data) => 0UL,
                >= ReadOnly => Present | User,
                >= Code => Present | Writable | User,
                _ => Present | Writable,
            };
            WriteWord(0x4000 + (page * 8), address | flags);
        }
    }

    private void BuildDescriptors()
    {
        WriteWord(GlobalDescriptors + KernelCode, 0x00AF_9B00_0000_FFFF);
        WriteWord(GlobalDescriptors + KernelData, 0x00CF_9300_0000_FFFF);
        WriteWord(GlobalDescriptors + (UserData & ~3UL), 0x00CF_F300_0000_FFFF);
        WriteWord(GlobalDescriptors + (UserCode & ~3UL), 0x00AF_FB00_0000_FFFF);
        WriteWord(GlobalDescriptors + (UserCode32 & ~3UL), 0x00CF_FB00_0000_FFFF);
        WriteWord(GlobalDescriptors + TaskSelector, 0x0000_8B00_0000_0067 | (Task << 16));
        for (var vector = 0UL; vector < 256; vector++)
        {
            var handler = Handlers + (vector * 16);
            Write(handler, [0xF4]);
            WriteWord(Gates + (vector * 16), handler | ((ulong)KernelCode << 16) | 0x8E00_0000_0000UL | (vector == 3 ? 0x6000_0000_0000UL : 0));
        }

        // IRETQ
        Write(Return, [0x48, 0xCF]);
        WriteWord(Task + 4, KernelStack);

        // The map of ports begins where the TSS ends: there is none.
        Assert.True(Memory.TryWrite(new(Task + 102), (ushort)0x68));
    }

    private static kvm_sregs Prepare(kvm_sregs special, int bits)
    {
        special.cr0 = 0x8005_0033;
        special.cr3 = Tables;
        special.cr4 = 0x620;
        special.efer = 0xD01;
        special.gdt = new kvm_dtable { @base = GlobalDescriptors, limit = 0x3F };
        special.idt = new kvm_dtable { @base = Gates, limit = 0xFFF };
        special.cs = bits == 64 ? Segment(UserCode, 0xB, isLong: true) : Segment(UserCode32, 0xB, isLong: false);
        special.ss = special.ds = special.es = Segment(UserData, 3, isLong: false);
        special.fs = Segment(UserData, 3, isLong: false) with { @base = Data + 0x1000 };
        special.gs = Segment(UserData, 3, isLong: false) with { @base = Data + 0x2000 };
        special.tr = new kvm_segment { selector = TaskSelector, @base = Task, limit = 0x67, type = 11, present = 1 };
        return special;
    }

    private static kvm_segment Segment(ushort selector, byte type, bool isLong) => new()
    {
        selector = selector,
        limit = uint.MaxValue,
        type = type,
        present = 1,
        dpl = 3,
        s = 1,
        l = isLong ? (byte)1 : (byte)0,
        db = isLong ? (byte)0 : (byte)1,
        g = 1,
    };

    private void Write(ulong address, ReadOnlySpan<byte> bytes) => Assert.True(Memory.TryWriteBytes(new(address), bytes));

    private void WriteWord(ulong address, ulong value) => Assert.True(Memory.TryWrite(new(address), value));

    private ulong Read(ulong address) => Memory.TryRead(new GuestPhysAddr(address), out ulong value) ? value : 0;

    private byte[] Bytes(ulong address, int count)
    {
        Assert.True(Memory.TryGetSpan(new(address), (ulong)count, out var bytes));
        return bytes.ToArray();
    }
}

/// <summary>What a piece of code did until it faulted.</summary>
internal sealed class RingThreeResult
{
    public required int Vector { get; init; }

    public required ulong ErrorCode { get; init; }

    public required ulong Cr2 { get; init; }

    public required kvm_regs Registers { get; init; }

    public required byte[] Data { get; init; }

    public required byte[] Stack { get; init; }

    /// <summary>The x87 and SSE registers as FXSAVE64 stores them, or nothing.</summary>
    public required byte[] FloatingPoint { get; init; }

    /// <summary>What is different in another result, but for flags that are undefined; null for nothing.</summary>
    public string? Difference(RingThreeResult other, ulong undefinedFlags)
    {
        // Some KVMs look at what raised #GP themselves, and raise #UD for what they do not know.
        if (other.Vector == 6 && Vector == 13 && other.Registers.rip == Registers.rip)
        {
            return null;
        }

        if ((Vector, ErrorCode, Cr2) != (other.Vector, other.ErrorCode, other.Cr2))
        {
            return $"vector {Vector} error {ErrorCode:x} CR2 {Cr2:x} at {Registers.rip:x} against {other.Vector} {other.ErrorCode:x} {other.Cr2:x} at {other.Registers.rip:x}";
        }

        var (mine, theirs) = (List(Registers), List(other.Registers));
        for (var index = 0; index < mine.Length; index++)
        {
            var ignored = mine[index].Name == "rflags" ? undefinedFlags : 0;
            if (((mine[index].Value ^ theirs[index].Value) & ~ignored) != 0)
            {
                return $"{mine[index].Name} {mine[index].Value:x} against {theirs[index].Value:x}";
            }
        }

        return Difference("data", Data, other.Data) ?? Difference("stack", Stack, other.Stack)
            ?? Difference("floating point", WithoutPointers(FloatingPoint), WithoutPointers(other.FloatingPoint));
    }

    // Where the last x87 instruction was gets lost when this machine's kernel switches to another thread; what follows XMM15 is nothing.
    private static byte[] WithoutPointers(byte[] image) => image.Length == 0 ? image : [.. image[..6], .. new byte[18], .. image[24..28], .. new byte[4], .. image[32..416]];

    private static string? Difference(string name, byte[] mine, byte[] theirs)
    {
        var length = mine.AsSpan().CommonPrefixLength(theirs);
        return length == mine.Length ? null : $"{name}+{length:x}: {Convert.ToHexString(mine, length, Math.Min(16, mine.Length - length))} against {Convert.ToHexString(theirs, length, Math.Min(16, mine.Length - length))}";
    }

    private static (string Name, ulong Value)[] List(in kvm_regs r) =>
    [
        ("rip", r.rip), ("rflags", r.rflags), ("rax", r.rax), ("rbx", r.rbx), ("rcx", r.rcx), ("rdx", r.rdx), ("rsi", r.rsi), ("rdi", r.rdi),
        ("rsp", r.rsp), ("rbp", r.rbp), ("r8", r.r8), ("r9", r.r9), ("r10", r.r10), ("r11", r.r11), ("r12", r.r12), ("r13", r.r13),
        ("r14", r.r14), ("r15", r.r15),
    ];
}
