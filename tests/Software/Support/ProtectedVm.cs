using Iced.Intel;
using KvmActors.Machine.Boot;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Support;

/// <summary>
/// A machine in 32-bit protected mode with flat segments for rings 0 and 3, a TSS whose stack for ring 0 ends at 0x7000, and room for
/// more descriptors and gates. Its code begins with loading all that; handlers halt, each at an address of its own.
/// </summary>
internal static class ProtectedVm
{
    public const ulong Descriptors = 0x1100, Gates = 0x2000, Task = 0x1200, Handlers = 0x3000;
    public const ushort KernelCode = 0x08, KernelData = 0x10, UserCode = 0x1B, UserData = 0x23, TaskSelector = 0x28, Spare = 0x30, Spare2 = 0x38;

    /// <summary>Makes one that runs some code in ring 0.</summary>
    public static SoftwareVm Create(Action<Assembler> code)
    {
        var vm = new SoftwareVm(BootProtocol.Protected32, assembler =>
        {
            assembler.mov(esp, 0x8000);
            assembler.lgdt(__[0x1000]);
            assembler.lidt(__[0x1010]);
            assembler.mov(ax, TaskSelector);
            assembler.ltr(ax);
            code(assembler);
        });
        vm.Write(0x1000, (ushort)0x3F);
        vm.Write(0x1002, (uint)Descriptors);
        vm.Write(0x1010, (ushort)0x7FF);
        vm.Write(0x1012, (uint)Gates);
        Describe(vm, KernelCode, 0x00CF_9B00_0000_FFFF);
        Describe(vm, KernelData, 0x00CF_9300_0000_FFFF);
        Describe(vm, UserCode, 0x00CF_FB00_0000_FFFF);
        Describe(vm, UserData, 0x00CF_F300_0000_FFFF);
        Describe(vm, TaskSelector, 0x0000_8900_1200_0067);
        vm.Write(Task + 4, 0x7000);
        vm.Write(Task + 8, (uint)KernelData);
        vm.Write(Task + 102, (ushort)0x68);
        for (var vector = 0U; vector < 32; vector++)
        {
            vm.Write(Handlers + (vector * 16), (byte)0xF4);
            Gate(vm, vector, (uint)Handlers + (vector * 16), 0);
        }

        return vm;
    }

    /// <summary>Sets a descriptor.</summary>
    public static void Describe(SoftwareVm vm, ushort selector, ulong descriptor) => vm.Write(Descriptors + (selector & ~7UL), descriptor);

    /// <summary>Sets an interrupt gate.</summary>
    public static void Gate(SoftwareVm vm, uint vector, uint handler, int dpl) =>
        vm.Write(Gates + (vector * 8), handler | ((ulong)KernelCode << 16) | (0x8E00UL << 32) | ((ulong)dpl << 45));

    /// <summary>Goes to ring 3.</summary>
    public static void EnterRing3(Assembler code, int at)
    {
        code.push(UserData);
        code.push(0x9000);
        code.pushfd();
        code.push(UserCode);
        code.push(at);
        code.iretd();
    }

    /// <summary>Runs to the handler of an exception.</summary>
    /// <returns>Its vector and error code.</returns>
    public static (int Vector, uint Error) RunToFault(SoftwareVm vm)
    {
        var registers = vm.RunToHlt().Vcpu.GetRegisters();
        return ((int)((registers.rip - Handlers) / 16), vm.Read<uint>(registers.rsp));
    }
}
