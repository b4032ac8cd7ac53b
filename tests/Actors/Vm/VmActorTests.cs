using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Actors.Vm;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Actors.Tests.Vm;

/// <summary>How VMs end, each on the real device.</summary>
public sealed class VmActorTests : VmTestKit
{
    [VmFact]
    public void StartVm_GuestThatHalts_IsHalted()
    {
        var ended = ExpectEnd(StartVm(Vms.Real16(Guests.Halt(), "quiet"), "quiet-0"));

        var result = ended.Result;
        Assert.Equal(("quiet-0", "quiet", VmOutcome.Halted), (result.Id, result.Name, result.Outcome));
        Assert.Equal((null, null, 0), (result.ExitCode, result.Message, result.Restarts));
        Assert.True(result.IsSuccess);
        Assert.True(result.StartDuration > TimeSpan.Zero && result.RunDuration > TimeSpan.Zero);
        Assert.Equal([(VcpuExitReason.Hlt, 1L)], Assert.Single(result.Vcpus).Exits.Select(row => (row.Key, row.Value)));
        Assert.Equal([VcpuExitReason.Hlt], ended.Statistics.Exits.Select(row => row.Reason));
    }

    [VmTheory]
    [InlineData(0, true)]
    [InlineData(7, false)]
    [InlineData(-1, false)]
    public void StartVm_ExitHypercall_IsExitedWithItsStatus(int status, bool isSuccess)
    {
        var result = Run(Vms.Real16(Guests.Exit((uint)status)));

        Assert.Equal((VmOutcome.Exited, status, null, isSuccess), (result.Outcome, result.ExitCode, result.Message, result.IsSuccess));
    }

    [VmFact]
    public void StartVm_PanicHypercall_IsPanickedWithItsMessage()
    {
        var result = Run(Vms.Real16(Guests.Panic("no init")));

        Assert.Equal((VmOutcome.Panicked, "no init", null, false), (result.Outcome, result.Message, result.ExitCode, result.IsSuccess));
    }

    [VmFact]
    public void StartVm_UnclaimedPort_IsCrashedAndNamesThePort()
    {
        var result = Run(Vms.Real16(Guests.Crash()));

        Assert.Equal((VmOutcome.Crashed, false), (result.Outcome, result.IsSuccess));
        Assert.Contains("port 0x1234: out of 2 bytes, value 0xbeef", result.Message, StringComparison.Ordinal);
    }

    [VmFact]
    public void StartVm_UnclaimedAddress_IsCrashedAndNamesTheAddress()
    {
        var result = Run(Vms.Real16(new Code16().MovDs(0xFFFF).Store(1, 0x4010)));

        Assert.Equal(VmOutcome.Crashed, result.Outcome);
        Assert.Contains("address 0x104000: write of 1 bytes", result.Message, StringComparison.Ordinal);
    }

    [VmFact]
    public void StartVm_TripleFault_IsCrashed()
    {
        var result = Run(Vms.Real16(new Code16().TripleFault(zeros: 0x1000)));

        Assert.Equal(VmOutcome.Crashed, result.Outcome);
        Assert.StartsWith("triple fault", result.Message, StringComparison.Ordinal);
        Assert.Equal(1, result.Vcpus[0].Exits[VcpuExitReason.Shutdown]);
    }

    [VmFact]
    public void StartVm_GuestThatNeverEnds_TimesOut()
    {
        var result = Run(Vms.Real16(Guests.Spin()) with { Timeout = TimeSpan.FromSeconds(0.25) });

        Assert.Equal((VmOutcome.TimedOut, "still running after 0.25 s"), (result.Outcome, result.Message));
        Assert.True(result.RunDuration >= TimeSpan.FromSeconds(0.2));
        Assert.Equal("up\n", Console.Text());
    }

    [VmFact]
    public void StartVm_Output_CarriesTheVmsNameAndStream()
    {
        // write(2, 0x300, 3)
        var code = new Code16().MovDx((ushort)HypercallPort.Write).MovEax(0x200).OutDx(4).Hlt().DataAt(0x200, [2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 3])
            .DataAt(0x300, "err"u8);
        ExpectEnd(StartVm(Vms.Real16(code), "loud-3"));

        Assert.Equal([("loud-3", GuestStream.Error, "err")], Console.Writes);
    }

    [VmFact]
    public void StartVm_MappedPathMissing_FailedToStartAndNamesIt()
    {
        var spec = Vms.Real16(Guests.Halt()) with { Files = [new FileMapping("/data", "/nowhere/at/all", MappingAccess.Read)] };

        var result = Run(spec);

        Assert.Equal((VmOutcome.FailedToStart, 0), (result.Outcome, result.Vcpus.Count));
        Assert.Contains("/nowhere/at/all", result.Message, StringComparison.Ordinal);
        Assert.Contains("ENOENT", result.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.Zero, result.RunDuration);
    }

    [VmFact]
    public void StartVm_MoreMemoryThanThereCanBe_FailedToStartAndNamesMmap()
    {
        var result = Run(Vms.Real16(Guests.Halt()).On(machine => machine with { MemoryBytes = 1UL << 60 }));

        Assert.Equal(VmOutcome.FailedToStart, result.Outcome);
        Assert.StartsWith("mmap failed", result.Message, StringComparison.Ordinal);
    }

    [VmTheory]
    [InlineData(2)]
    [InlineData(8)]
    public void StartVm_SeveralVcpus_EachReportsItsOwnExits(int vcpus)
    {
        // Prints as many bytes as its index plus one, then exits with its index.
        var code = new Code64().Copy(rbx, r8).Asm(a => a.inc(ebx)).Label(out var start)
            .OutByte(0xE9, '.').LoopTo(start).Mov(rdx, (ulong)HypercallPort.Exit).Copy(rax, r8).OutDxEax();

        var ended = ExpectEnd(StartVm(Vms.Long64(code).On(machine => machine with { Vcpus = vcpus })));

        Assert.Equal((VmOutcome.Exited, 1), (ended.Result.Outcome, ended.Result.ExitCode));
        Assert.Equal(
            Enumerable.Range(0, vcpus).Select(index => (index, index + 2L)),
            ended.Result.Vcpus.Select(vcpu => (vcpu.Index, vcpu.Exits[VcpuExitReason.Io])));
        var total = Enumerable.Range(0, vcpus).Sum(index => index + 2L);
        Assert.Equal(total, Assert.Single(ended.Statistics.Exits).Durations.Host.Count);
        Assert.Equal((int)total - vcpus, Console.Text().Length);
    }

    [VmFact]
    public void StartVm_VcpusThatWriteAllAtOnce_AreAllServed()
    {
        // Each vCPU calls write(1, its own character, 1) a hundred times, with a structure of its own on its stack.
        const int Vcpus = 4, Calls = 100;
        var code = new Code64().Mov(rbx, Calls).Asm(a =>
        {
            // The count and the character, then the structure: the count again, the character's address and the descriptor.
            a.push(1);
            a.mov(rcx, r8);
            a.add(ecx, 'a');
            a.push(rcx);
            a.mov(rcx, rsp);
            a.push(__qword_ptr[rsp + 8]);
            a.push(rcx);
            a.push(1);
        }).Label(out var start)
            .Mov(rdx, (ulong)HypercallPort.Write).Copy(rax, rsp).OutDxEax().InEaxDx().LoopTo(start).Hlt();

        var ended = ExpectEnd(StartVm(Vms.Long64(code).On(machine => machine with { Vcpus = Vcpus })));

        Assert.Equal(VmOutcome.Halted, ended.Result.Outcome);
        Assert.Equal(
            [('a', Calls), ('b', Calls), ('c', Calls), ('d', Calls)],
            Console.Text().GroupBy(value => value).OrderBy(group => group.Key).Select(group => (group.Key, group.Count())));
        Assert.Equal([(CallNumber.Write, (long)Vcpus * Calls)], ended.Statistics.Calls.Select(row => ((CallNumber)row.Number, row.Durations.Count)));
    }

    [VmFact]
    public void StartVm_OneOfSeveralVcpusPanics_TheOthersAreStopped()
    {
        // vCPU 1 panics; the others spin.
        var code = new Code64().Asm(a =>
        {
            a.cmp(r8, 1);
            a.je(a.F);
        }).Spin().Asm(a => a.AnonymousLabel()).Out((ushort)HypercallPort.Panic, 0x1000);

        var result = Run(Vms.Long64(code).On(machine => machine with { Vcpus = 3 }));

        Assert.Equal((VmOutcome.Panicked, "", 3), (result.Outcome, result.Message, result.Vcpus.Count));
    }

    [VmFact]
    public void StartVm_OneVcpuExitsAndOneHalts_IsExitedWithTheStatus()
    {
        // vCPU 1 exits with 5; vCPU 0 halts.
        var code = new Code64().Asm(a =>
        {
            a.cmp(r8, 1);
            a.je(a.F);
        }).Hlt().Asm(a => a.AnonymousLabel()).Out((ushort)HypercallPort.Exit, 5);

        var result = Run(Vms.Long64(code).On(machine => machine with { Vcpus = 2 }));

        Assert.Equal((VmOutcome.Exited, 5), (result.Outcome, result.ExitCode));
    }

    [VmFact]
    public void StartVm_MoreOutputThanAllowed_IsCutAndTheGuestGoesOn()
    {
        // Lines go out whole or not at all.
        var result = Run(Vms.Real16(Guests.Print("ab\n0123456789\nc")) with { Limits = new VmLimits { Files = new FileLimits { BytesWritten = 5 } } });

        Assert.Equal((VmOutcome.Halted, "ab\nc\n"), (result.Outcome, Console.Text()));
    }

    // A fault of ours on a vCPU's thread, wherever it comes from, is that VM's alone.
    [VmFact]
    public void StartVm_OutputThatThrows_IsCrashedWithItsMessage()
    {
        Console.OnWrite = _ => throw new InvalidOperationException("the console is on fire");

        var result = Run(Vms.Real16(Guests.Spin()));

        Assert.Equal((VmOutcome.Crashed, "the console is on fire"), (result.Outcome, result.Message));
    }
}
