using KvmActors.Interop.Kvm;
using KvmActors.Machine.Boot;
using KvmActors.Software.Tests.Support;

namespace KvmActors.Software.Tests.Execution;

/// <summary>Guests that are nothing but random bytes: whatever they do, it ends in an exit. RANDOM_GUESTS says how many of each mode.</summary>
public sealed class RandomBytesTests
{
    private const ulong Instructions = 3000;

    private static readonly int Guests = int.TryParse(Environment.GetEnvironmentVariable("RANDOM_GUESTS"), out var set) ? set : 100;

    [Theory]
    [InlineData(BootProtocol.Real16)]
    [InlineData(BootProtocol.Protected32)]
    [InlineData(BootProtocol.Long64)]
    public void Run_OfRandomBytes_EndsInAnExit(BootProtocol boot)
    {
        for (var seed = 0; seed < Guests; seed++)
        {
            Run(boot, new Random(seed));
        }
    }

    private static void Run(BootProtocol boot, Random random)
    {
        using var vm = new SoftwareVm(boot, code => code.nop());
        var bytes = new byte[0x1_0000];
        random.NextBytes(bytes);
        vm.Write(0x400, bytes);
        var registers = vm.Vcpu.GetRegisters();
        registers.rip = 0x400;
        registers.rax = (ulong)random.NextInt64();
        registers.rcx = (ulong)random.Next(0x1_0000);
        registers.rbx = (ulong)random.Next(0x1_0000);
        registers.rsi = (ulong)random.Next(0x40_0000);
        registers.rdi = (ulong)random.Next(0x40_0000);
        registers.rsp = 0x8000;
        vm.Vcpu.SetRegisters(registers);

        // Half of them have a table of interrupts that leads back into the random bytes.
        if (boot != BootProtocol.Real16 && random.Next(2) == 0)
        {
            var special = vm.Vcpu.GetSpecialRegisters();
            special.idt.@base = 0x400;
            special.idt.limit = 0xFFF;
            vm.Vcpu.SetSpecialRegisters(special);
        }

        vm.Vcpu.StopsAt = Instructions;
        for (var exits = 0; exits < 200; exits++)
        {
            var exit = vm.Vcpu.Run();
            switch (exit.Reason)
            {
                case VcpuExitReason.Io when !exit.Io.IsOut:
                    random.NextBytes(exit.Io.Data);
                    break;
                case VcpuExitReason.Mmio when !exit.Mmio.IsWrite:
                    random.NextBytes(exit.Mmio.Data);
                    break;
                case VcpuExitReason.Io or VcpuExitReason.Mmio or VcpuExitReason.Hlt:
                    break;
                case VcpuExitReason.Shutdown or VcpuExitReason.InternalError:
                    return;
                case VcpuExitReason.Intr:
                    Assert.Equal(Instructions, vm.Vcpu.Instructions);
                    return;
                default:
                    Assert.Fail($"It made an exit for {exit.Reason}.");
                    break;
            }
        }
    }
}
