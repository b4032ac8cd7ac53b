using Iced.Intel;
using KvmActors.Machine.Boot;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Processor;

/// <summary>
/// SYSCALL, SYSRET and interrupts by instruction in 64-bit mode, all pages the user's: which TF counts for a single step, when they change
/// it on their way, and where they fault (AMD APM vol. 2, section 13.1.4, and vol. 3, SYSCALL and SYSRET).
/// </summary>
public sealed class SystemCallTests
{
    private const ulong Gates = 0x2000, DebugHandler = 0x3000, OtherHandler = 0x3100, Task = 0x4000, KernelStack = 0x7000, User = 0x600, SystemCall = 0x700;
    private const ulong TrapFlag = 0x100;
    private const uint Star = 0xC000_0081, Lstar = 0xC000_0082, Mask = 0xC000_0084;

    [Fact]
    public void Sysret_ThatSetsTheTrapFlag_TrapsBeforeTheUsersFirstInstruction()
    {
        using var vm = Create(code => EnterUser(code, (long)(TrapFlag | 2)), code => code.nop());

        vm.RunToHlt();

        Assert.Equal(DebugHandler + 1, vm.Vcpu.GetRegisters().rip);
        Assert.Equal((User, TrapFlag | 2), (vm.Read<ulong>(KernelStack - 40), vm.Read<ulong>(KernelStack - 24)));
        Assert.Equal(0x4000UL, vm.Vcpu.Cpu.Dr6 & 0xE00F);
    }

    [Fact]
    public void Sysret_ToAnAddressThatIsNotCanonical_FaultsInRing3()
    {
        const ulong Beyond = 1UL << 47;
        using var vm = Create(code => EnterUser(code, 2, Beyond));

        vm.RunToHlt();

        Assert.Equal(OtherHandler + 1, vm.Vcpu.GetRegisters().rip);
        Assert.Equal((0UL, Beyond, 0x33UL), (vm.Read<ulong>(KernelStack - 48), vm.Read<ulong>(KernelStack - 40), vm.Read<ulong>(KernelStack - 32)));
    }

    [Fact]
    public void Syscall_ThatClearsTheTrapFlag_DoesNotTrap()
    {
        using var vm = Create(code => EnterUser(code, 2), code =>
        {
            SetTrapFlag(code);
            code.syscall();
        });

        vm.RunToHlt();

        Assert.Equal((SystemCall + 1, TrapFlag), (vm.Vcpu.GetRegisters().rip, vm.Vcpu.GetRegisters().r11 & TrapFlag));
    }

    [Fact]
    public void Int_WithTheTrapFlag_DoesNotTrap()
    {
        using var vm = Create(code =>
        {
            SetTrapFlag(code);
            code.@int(0x40);
        });

        Assert.Equal(OtherHandler + 1, vm.RunToHlt().Vcpu.GetRegisters().rip);
    }

    [Fact]
    public void Int1_BehindALoadOfSs_RaisesOneDebugExceptionWithoutAReason()
    {
        using var vm = Create(code =>
        {
            code.mov(bx, ss);
            SetTrapFlag(code);
            code.mov(ss, bx);
            code.int1();
        });

        var registers = vm.RunToHlt().Vcpu.GetRegisters();

        // One frame of five words, on the stack that it was on.
        Assert.Equal((DebugHandler + 1, 0UL), (registers.rip, vm.Vcpu.Cpu.Dr6 & 0xE00F));
        Assert.Equal(0x6000UL - 40, registers.rsp);
    }

    private static void SetTrapFlag(Assembler code)
    {
        code.pushfq();
        code.or(__dword_ptr[rsp], (int)TrapFlag);
        code.popfq();
    }

    private static void EnterUser(Assembler code, long flags, ulong address = User)
    {
        code.mov(rcx, (long)address);
        code.mov(r11, flags);
        code.mov(rsp, 0x6800L);
        code.sysretq();
    }

    private static SoftwareVm Create(Action<Assembler> kernel, Action<Assembler>? user = null)
    {
        var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            code.mov(rsp, 0x6000L);
            code.lidt(__[0x1000]);
            code.mov(ax, 0x38);
            code.ltr(ax);
            WriteMsr(code, Star, 0x0020_0008_0000_0000);
            WriteMsr(code, Lstar, SystemCall);
            WriteMsr(code, Mask, TrapFlag);
            kernel(code);
        });
        vm.Write(0x1000, (ushort)0xFFF);
        vm.Write(0x1002, Gates);
        Gate(vm, 1, DebugHandler);
        Gate(vm, 13, OtherHandler);
        Gate(vm, 0x40, OtherHandler);
        vm.Write(DebugHandler, [0xF4]);
        vm.Write(OtherHandler, [0xF4]);
        vm.Write(SystemCall, [0xF4]);
        vm.Write(User, SoftwareVm.Assemble(64, user ?? (code => code.ud2()), User));
        vm.Write(Task + 4, KernelStack);

        var special = vm.Vcpu.GetSpecialRegisters();
        vm.Write(special.gdt.@base + 0x38, 0x0000_8900_0000_0067UL | (Task << 16));
        vm.Write(special.gdt.@base + 0x40, 0UL);
        for (var (table, level) = (special.cr3, 0); level < 3; level++)
        {
            vm.Write(table, vm.Read<ulong>(table) | 4);
            table = vm.Read<ulong>(table) & ~0xFFFUL;
        }

        return vm;
    }

    private static void WriteMsr(Assembler code, uint index, ulong value)
    {
        code.mov(ecx, index);
        code.mov(eax, (uint)value);
        code.mov(edx, (uint)(value >> 32));
        code.wrmsr();
    }

    private static void Gate(SoftwareVm vm, ulong vector, ulong handler)
    {
        vm.Write(Gates + (vector * 16), handler | (0x08UL << 16) | (0x8E00UL << 32));
        vm.Write(Gates + (vector * 16) + 8, 0UL);
    }
}
