using KvmActors.Actors.Scenario;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Tests.Support;
using KvmActors.Machine.WarmStart;
using KvmActors.Tests;

namespace KvmActors.Actors.Tests.Vm;

/// <summary>VMs that are reset for the next instance, and instances that start behind the kernel's boot.</summary>
public sealed class WarmStartTests : VmTestKit
{
    private const uint Path = 0x800, Structure = 0x900, Buffer = 0xA00, Far = 0x30_0000;
    private const ulong Canary = 0xCAFE_F00D_CAFE_F00D;

    private readonly TempFolder _folder = new();

    [KvmTheory]
    [InlineData(1)]
    [InlineData(3)]
    public void RunScenario_ManyInstances_ReportsEachUnderItsOwnNameInOrder(int maxConcurrency)
    {
        const int Instances = 40;
        var result = RunScenario(
            CreateScenario(), maxConcurrency, Warm(Vms.Long64(new Code64().Print("hi\n").Hlt()), Instances), Warm(Vms.Real16(Guests.Exit(3), "other"), 5));

        var names = Enumerable.Range(0, Instances).Select(index => $"long-{index}").ToList();
        Assert.Equal([.. names, .. Enumerable.Range(0, 5).Select(index => $"other-{index}")], result.Vms.Select(vm => vm.Id));
        Assert.All(names, name => Assert.Equal("hi\n", Console.Text(name)));
        Assert.All(result.Vms.Take(Instances), vm => Assert.Equal(VmOutcome.Halted, vm.Outcome));
        Assert.All(result.Vms.Skip(Instances), vm => Assert.Equal((VmOutcome.Exited, 3), (vm.Outcome, vm.ExitCode)));
        Assert.All(result.Vms, vm => Assert.True(vm.StartDuration > TimeSpan.Zero && vm.RunDuration > TimeSpan.Zero));
        Assert.InRange(result.Vms.Count(vm => vm.Start == VmStart.Cold), 1, 2 * maxConcurrency);
    }

    [KvmFact]
    public void RunScenario_StartCold_CreatesEveryVm()
    {
        var result = RunScenario(CreateScenario(), 2, Vms.Real16(Guests.Halt()) with { Instances = 6 });

        Assert.All(result.Vms, vm => Assert.Equal(VmStart.Cold, vm.Start));
    }

    // Everything a guest of ring 0 can leave something in, as far as one finds it again without help.
    [KvmFact]
    public void RunScenario_GuestThatLeavesCanaries_FindsNone()
    {
        _folder.AddFile("file", "x");
        var code = new Code64()
            .Load(Reg64.R10, Far).Or(Reg64.Rbx).Load(Reg64.Rax, 0x3F_F000).OrRax() // memory, a register
            .Load(Reg64.Rax, 0x1F_9018).OrRax() // a page table
            .Mov(Reg64.Rcx, 0xC000_0102).Raw(0x0F, 0x32).OrRax() // IA32_KERNEL_GS_BASE
            .Raw(0x0F, 0x20, 0xD0).OrRax() // CR2
            .Raw(0x0F, 0x21, 0xC0).OrRax().Raw(0x0F, 0x21, 0xD8).OrRax() // DR0, DR3
            .Raw(0x44, 0x0F, 0x20, 0xC0).OrRax() // CR8
            .Out((ushort)HypercallPort.Open, Path).InEaxDx().Raw(0x83, 0xE8, 0x03).OrRax() // the first descriptor is 3
            .Mov(Reg64.Rax, Canary).Store(Far, Reg64.Rax).Store(0x3F_F000, Reg64.Rax).Store(0x1F_6028, Reg64.Rax)
            .Raw(0x0F, 0x22, 0xD0).Mov(Reg64.Rax, 0xCAFE).Raw(0x0F, 0x23, 0xC0).Raw(0x0F, 0x23, 0xD8)
            .Mov(Reg64.Rax, 0x83).Store(0x1F_9018, Reg64.Rax)
            .Mov(Reg64.Rax, 5).Raw(0x44, 0x0F, 0x22, 0xC0)
            .Mov(Reg64.Rcx, 0xC000_0102).Mov(Reg64.Rax, 0xCAFE).Mov(Reg64.Rdx, 0xAFE).Raw(0x0F, 0x30)
            .Mov(Reg64.Rbx, Canary).Mov(Reg64.Rsi, Canary).Mov(Reg64.Rdi, Canary).Mov(Reg64.R8, Canary).Mov(Reg64.R9, Canary)
            .Copy(Reg64.Rax, Reg64.R10).Mov(Reg64.Rdx, (ulong)HypercallPort.Exit).OutDxEax();

        var result = RunScenario(CreateScenario(), 1, Warm(WithData(code, "/data/file"), 20));

        Assert.All(result.Vms, vm => Assert.Equal((vm.Id, VmOutcome.Exited, 0), (vm.Id, vm.Outcome, vm.ExitCode)));
        Assert.Equal(19, result.Vms.Count(vm => vm.Start == VmStart.Warm));
        Assert.Equal(0, OpenDescriptors.Below(_folder.Root));
    }

    [KvmFact]
    public void RunScenario_InstanceThatCrashes_TakesItsVmWithItAndNoOther()
    {
        // Prints, reads a letter from the host, and crashes when it is a 'c'. The output decides what the next one finds.
        var written = 0;
        _folder.AddFile("file", "x");
        Console.OnWrite = _ => File.WriteAllText(System.IO.Path.Combine(_folder.Root, "file"), ++written == 3 ? "c" : "x");
        var code = new Code64().Print("\n").Out((ushort)HypercallPort.Open, Path).InEaxDx().Out((ushort)HypercallPort.Read, Structure).InEaxDx()
            .Load(Reg64.Rax, Buffer).Raw(0x3C, (byte)'c').Raw(0x75, 0x15).Out(0x1234, 1).Out((ushort)HypercallPort.Exit, 0);

        var result = RunScenario(CreateScenario(), 1, Warm(WithData(code, "/data/file"), 6));

        Assert.Equal(
            [VmOutcome.Exited, VmOutcome.Exited, VmOutcome.Crashed, VmOutcome.Exited, VmOutcome.Exited, VmOutcome.Exited], result.Vms.Select(vm => vm.Outcome));
        Assert.Equal([VmStart.Cold, VmStart.Warm, VmStart.Warm, VmStart.Cold, VmStart.Warm, VmStart.Warm], result.Vms.Select(vm => vm.Start));
    }

    [KvmFact]
    public void RunScenario_SeveralVcpus_AreAllReset()
    {
        // Each prints so many bytes as its index plus one; what it counts with is never set back by itself.
        var code = new Code64().Copy(Reg64.Rbx, Reg64.R8).Raw(0xFF, 0xC3);
        var start = code.Position;
        code.OutByte(0xE9, '.').LoopTo(start).Mov(Reg64.Rdx, (ulong)HypercallPort.Exit).Copy(Reg64.Rax, Reg64.R8).OutDxEax();

        var result = RunScenario(CreateScenario(), 2, Warm(Vms.Long64(code).On(machine => machine with { Vcpus = 4 }), 12));

        Assert.All(result.Vms, vm => Assert.Equal([2L, 3, 4, 5], vm.Vcpus.Select(vcpu => vcpu.Exits[Interop.Kvm.VcpuExitReason.Io])));
        Assert.InRange(result.Vms.Count(vm => vm.Start == VmStart.Warm), 10, 11);
    }

    [KvmFact]
    public void RunScenario_CoalescedConsole_KeepsInstancesApart()
    {
        var code = new Code64().OutByte(0x2F8, 'a').OutByte(0x2F8, 'b').OutByte(0x2F8, '\n').Hlt();

        var result = RunScenario(CreateScenario(), 1, Warm(Vms.Long64(code).On(machine => machine with { Devices = [new ConsoleDeviceSpec(0x2F8, IsCoalesced: true)] }), 5));

        Assert.All(result.Vms, vm => Assert.Equal("ab\n", Console.Text(vm.Id)));
        Assert.Equal(4, result.Vms.Count(vm => vm.Start == VmStart.Warm));
    }

    [KvmFact]
    public void RunScenario_DeviceThatKeepsState_StartsCold()
    {
        var result = RunScenario(CreateScenario(), 1, Warm(Vms.Real16(Guests.Halt()).On(machine => machine with { Devices = [new SerialDeviceSpec(0x2F8)] }), 3));

        Assert.All(result.Vms, vm => Assert.Equal(VmStart.Cold, vm.Start));
    }

    [KvmFact]
    public void RunScenario_GuestThatSaysItIsReady_BootsOnceAndIsRandomEachTime()
    {
        const int Instances = 8;
        var result = RunScenario(CreateScenario(), 1, Warm(WithData(Booting(new Code64())), Instances));

        Assert.Equal([VmStart.Cold, .. Enumerable.Repeat(VmStart.Warm, Instances - 1)], result.Vms.Select(vm => vm.Start));
        Assert.All(result.Vms, vm => Assert.Equal((VmOutcome.Exited, 7), (vm.Outcome, vm.ExitCode)));
        Assert.Equal(Instances, Enumerable.Range(0, Instances).Select(index => Console.Text($"long-{index}")).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(1, result.Statistics.Calls.Single(row => row.Number == (int)CallNumber.Ready).Durations.Count);
    }

    // What has happened at the host already would not happen for those that start behind it.
    [KvmTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void RunScenario_ReadyAfterItDidSomethingAtTheHost_BootsEachTime(bool hasOpenFile)
    {
        const int Instances = 4;
        _folder.AddFile("file", "x");
        var effect = hasOpenFile ? new Code64().Out((ushort)HypercallPort.Open, Path).InEaxDx() : new Code64().Print("\n");

        var result = RunScenario(CreateScenario(), 1, Warm(WithData(Booting(effect), "/data/file"), Instances));

        Assert.All(result.Vms, vm => Assert.Equal((VmOutcome.Exited, 7), (vm.Outcome, vm.ExitCode)));
        Assert.Equal(Instances, result.Statistics.Calls.Single(row => row.Number == (int)CallNumber.Ready).Durations.Count);
    }

    [KvmFact]
    public void StartVm_ReadyWithABadPlace_GivesTheErrno()
    {
        // exit(-result) for a length of 65, then for an address outside of memory.
        var code = new Code64().Mov(Reg64.Rax, 65).Store(Structure + 8, Reg64.Rax).Out((ushort)HypercallPort.Ready, Structure).Copy(Reg64.Rbx, Reg64.Rax)
            .Mov(Reg64.Rax, 16).Store(Structure + 8, Reg64.Rax).Mov(Reg64.Rax, 0x40_0000).Store(Structure, Reg64.Rax).Out((ushort)HypercallPort.Ready, Structure)
            .Raw(0xC1, 0xE3, 0x08).Raw(0x09, 0xD8).Mov(Reg64.Rdx, (ulong)HypercallPort.Exit).OutDxEax();

        Assert.Equal((-22 << 8) | -14, Run(WithData(code)).ExitCode);
    }

    [KvmFact]
    public void CancelScenario_WhileInstancesFollowEachOther_EndsItAndReportsThoseThatStarted()
    {
        var scenario = CreateScenario();
        scenario.Tell(
            new RunScenario(new ScenarioSpec("test", 2, [Warm(Vms.Real16(Guests.Print("x")), 100_000)])), TestActor);
        AwaitCondition(() => Console.Writes.Count > 20, Patience);

        scenario.Tell(CancelScenario.Instance, TestActor);

        var result = ExpectMsg<ScenarioEnded>(Patience).Result;
        Assert.True(result.WasCancelled);
        Assert.InRange(result.Vms.Count, 20, 99_999);
        Assert.All(result.Vms, vm => Assert.True(vm.Outcome is VmOutcome.Halted or VmOutcome.Cancelled));
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _folder.Dispose();
    }

    private static VmSpec Warm(VmSpec spec, int instances) => spec with { Start = VmStart.Warm, Instances = instances };

    // Stores something, says that it is ready, then writes its random bytes and exits with what it stored.
    private static Code64 Booting(Code64 effect) => effect
        .Mov(Reg64.Rax, 7).Store(Far, Reg64.Rax)
        .Mov(Reg64.Rax, (ulong)Buffer).Store(Structure, Reg64.Rax).Mov(Reg64.Rax, 16).Store(Structure + 8, Reg64.Rax)
        .Out((ushort)HypercallPort.Ready, Structure)
        .Mov(Reg64.Rax, 1).Store(Structure, Reg64.Rax).Mov(Reg64.Rax, (ulong)Buffer).Store(Structure + 8, Reg64.Rax).Mov(Reg64.Rax, 16).Store(Structure + 16, Reg64.Rax)
        .Out((ushort)HypercallPort.Write, Structure).InEaxDx()
        .Load(Reg64.Rax, Far).Mov(Reg64.Rdx, (ulong)HypercallPort.Exit).OutDxEax();

    // A path, and u64[3] for a read of one byte from descriptor 3.
    private VmSpec WithData(Code64 code, string path = "")
    {
        code.Raw(new byte[Path - code.Position]).Raw(System.Text.Encoding.ASCII.GetBytes(path));
        code.Raw(new byte[Structure - code.Position]).Raw([3, 0, 0, 0, 0, 0, 0, 0, (byte)(Buffer & 0xFF), (byte)(Buffer >> 8), 0, 0, 0, 0, 0, 0, 1]);
        code.Raw(new byte[Buffer + 64 - code.Position]);
        return Vms.Long64(code) with { Files = path.Length == 0 ? [] : [new FileMapping("/data", _folder.Root, MappingAccess.Read)] };
    }
}
