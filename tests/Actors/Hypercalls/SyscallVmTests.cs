using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Actors.Vm;
using KvmActors.Linux.Hypercalls;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Actors.Tests.Hypercalls;

/// <summary>Forwarded calls from a real guest: what is in its registers afterwards, and what the results say.</summary>
public sealed class SyscallVmTests : VmTestKit
{
    private const uint Results = 0x3000;

    [VmFact]
    public void Killed_EndsTheVmWithTheSignal()
    {
        var code = new Code64().Mov(rax, 11UL).Store(0x3000, rax).Mov(rax, 0x3010UL).Store(0x3008, rax)
            .Mov(rax, 0x0000_0000_6867_7561UL).Store(0x3010, rax).Out((ushort)HypercallPort.Killed, 0x3000).Spin();

        var result = Run(Vms.Long64(code));

        Assert.Equal((VmOutcome.Panicked, "augh", 11, (int?)null), (result.Outcome, result.Message, result.Signal, result.ExitCode));
        Assert.Equal(VcpuEndKind.Killed, Assert.Single(result.Vcpus).End);
    }

    [VmFact]
    public void Syscall_Results_AreInTheRegistersAndMissingOnesCounted()
    {
        var code = new Code64();
        Forward(code, 57, 0);
        Forward(code, 57, 0);
        Forward(code, 9999, 0);
        Forward(code, 3, 77);
        code.Store(Results, rax).Store(Results + 8, rdx);

        // The identity map is the kernel's, so for a user nothing is there yet.
        Forward(code, 63, 0x5000);
        code.Store(Results + 16, rax).Store(Results + 24, rdx).Hlt();

        var result = Run(Vms.Long64(code) with { ReadBack = [new ReadBackSpec(new(Results), 32)] });

        Assert.Equal(new Dictionary<string, long> { ["fork"] = 2, ["9999"] = 1 }, result.MissingSystemCalls);
        var words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>([.. result.ReadBack[0].Bytes]).ToArray();
        Assert.Equal([-9, 0x8010, 63, unchecked((long)0x8000_0000_0000_5001)], words);
    }

    [VmFact]
    public void Syscall_ThatWaits_EndsWithTheVm()
    {
        var code = new Code64().Print("up\n");

        // poll(NULL, 0, -1): for ever.
        code.Mov(rcx, ulong.MaxValue).Mov(rsi, 0UL);
        Forward(code, 7, 0).Hlt();
        var vm = StartVm(Vms.Long64(code));
        AwaitOutput("up");

        vm.Tell(CancelVm.Instance, TestActor);

        Assert.Equal(VmOutcome.Cancelled, ExpectEnd(vm).Result.Outcome);
    }

    [VmFact]
    public void Syscall_ShortWait_GoesOnAfterwards()
    {
        var code = new Code64().Mov(rcx, 30UL).Mov(rsi, 0UL);
        Forward(code, 7, 0).Hlt();

        var result = Run(Vms.Long64(code));

        Assert.Equal(VmOutcome.Halted, result.Outcome);

        // In software the time that passes is the guest's own.
        Assert.True(TestBackend.IsSoftware || result.RunDuration >= TimeSpan.FromMilliseconds(30), $"{result.RunDuration}");
    }

    private static Code64 Forward(Code64 code, ulong number, ulong first) =>
        code.Mov(rdi, first).Mov(rdx, (ulong)HypercallPort.Syscall).Mov(rax, number).OutDxEax();
}
