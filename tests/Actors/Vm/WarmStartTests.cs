using KvmActors.Actors.Scenario;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Interop.Sandbox;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Tests.Support;
using KvmActors.Machine.WarmStart;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Actors.Tests.Vm;

/// <summary>VMs that are reset for the next instance, and instances that start behind the kernel's boot.</summary>
public sealed class WarmStartTests : VmTestKit
{
    private const uint Path = 0x800, Structure = 0x900, Buffer = 0xA00, Far = 0x30_0000;
    private const ulong Canary = 0xCAFE_F00D_CAFE_F00D;

    private readonly TempFolder _folder = new();

    [VmTheory]
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

    [VmFact]
    public void RunScenario_StartCold_CreatesEveryVm()
    {
        var result = RunScenario(CreateScenario(), 2, Vms.Real16(Guests.Halt()) with { Instances = 6 });

        Assert.All(result.Vms, vm => Assert.Equal(VmStart.Cold, vm.Start));
    }

    // Everything a guest of ring 0 can leave something in, as far as one finds it again without help.
    [VmFact]
    public void RunScenario_GuestThatLeavesCanaries_FindsNone()
    {
        _folder.AddFile("file", "x");
        var code = new Code64()
            .Load(r10, Far).Or(rbx).Load(rax, 0x3F_F000).OrRax() // memory, a register
            .Load(rax, 0x1F_9018).OrRax() // a page table
            .Mov(rcx, 0xC000_0102).Asm(a => a.rdmsr()).OrRax() // IA32_KERNEL_GS_BASE
            .Asm(a => a.mov(rax, cr2)).OrRax()
            .Asm(a => a.mov(rax, dr0)).OrRax().Asm(a => a.mov(rax, dr3)).OrRax()
            .Asm(a => a.mov(rax, cr8)).OrRax()
            .Out((ushort)HypercallPort.Open, Path).InEaxDx().Asm(a => a.sub(eax, 3)).OrRax() // the first descriptor is 3
            .Mov(rax, Canary).Store(Far, rax).Store(0x3F_F000, rax).Store(0x1F_6028, rax)
            .Asm(a => a.mov(cr2, rax)).Mov(rax, 0xCAFE).Asm(a => a.mov(dr0, rax)).Asm(a => a.mov(dr3, rax))
            .Mov(rax, 0x83).Store(0x1F_9018, rax)
            .Mov(rax, 5).Asm(a => a.mov(cr8, rax))
            .Mov(rcx, 0xC000_0102).Mov(rax, 0xCAFE).Mov(rdx, 0xAFE).Asm(a => a.wrmsr())
            .Mov(rbx, Canary).Mov(rsi, Canary).Mov(rdi, Canary).Mov(r8, Canary).Mov(r9, Canary)
            .Copy(rax, r10).Mov(rdx, (ulong)HypercallPort.Exit).OutDxEax();

        var result = RunScenario(CreateScenario(), 1, Warm(WithData(code, "/data/file"), 20));

        Assert.All(result.Vms, vm => Assert.Equal((vm.Id, VmOutcome.Exited, 0), (vm.Id, vm.Outcome, vm.ExitCode)));
        Assert.Equal(19, result.Vms.Count(vm => vm.Start == VmStart.Warm));
        Assert.Equal(0, OpenDescriptors.Below(_folder.Root));
    }

    [VmFact]
    public void RunScenario_InstanceThatCrashes_TakesItsVmWithItAndNoOther()
    {
        // Prints, reads a letter from the host, and crashes when it is a 'c'. The output decides what the next one finds.
        var written = 0;
        _folder.AddFile("file", "x");
        Console.OnWrite = _ => File.WriteAllText(System.IO.Path.Combine(_folder.Root, "file"), ++written == 3 ? "c" : "x");
        var code = new Code64().Print("\n").Out((ushort)HypercallPort.Open, Path).InEaxDx().Out((ushort)HypercallPort.Read, Structure).InEaxDx()
            .Load(rax, Buffer).Asm(a =>
            {
                a.cmp(al, (byte)'c');
                a.jne(a.F);
            })
            .Out(0x1234, 1).Asm(a => a.AnonymousLabel()).Out((ushort)HypercallPort.Exit, 0);

        // On the guest's thread, which may write no file else.
        var result = RunScenario(CreateScenario(Services with { Sandbox = SandboxMode.Off }), 1, Warm(WithData(code, "/data/file"), 6));

        Assert.Equal(
            [VmOutcome.Exited, VmOutcome.Exited, VmOutcome.Crashed, VmOutcome.Exited, VmOutcome.Exited, VmOutcome.Exited], result.Vms.Select(vm => vm.Outcome));
        Assert.Equal([VmStart.Cold, VmStart.Warm, VmStart.Warm, VmStart.Cold, VmStart.Warm, VmStart.Warm], result.Vms.Select(vm => vm.Start));
    }

    [VmFact]
    public void RunScenario_SeveralVcpus_AreAllReset()
    {
        // Each prints so many bytes as its index plus one; what it counts with is never set back by itself.
        var code = new Code64().Copy(rbx, r8).Asm(a => a.inc(ebx)).Label(out var start)
            .OutByte(0xE9, '.').LoopTo(start).Mov(rdx, (ulong)HypercallPort.Exit).Copy(rax, r8).OutDxEax();

        var result = RunScenario(CreateScenario(), 2, Warm(Vms.Long64(code).On(machine => machine with { Vcpus = 4 }), 12));

        Assert.All(result.Vms, vm => Assert.Equal([2L, 3, 4, 5], vm.Vcpus.Select(vcpu => vcpu.Exits[Interop.Kvm.VcpuExitReason.Io])));
        Assert.InRange(result.Vms.Count(vm => vm.Start == VmStart.Warm), 10, 11);
    }

    [VmFact]
    public void RunScenario_CoalescedConsole_KeepsInstancesApart()
    {
        var code = new Code64().OutByte(0x2F8, 'a').OutByte(0x2F8, 'b').OutByte(0x2F8, '\n').Hlt();

        var result = RunScenario(CreateScenario(), 1, Warm(Vms.Long64(code).On(machine => machine with { Devices = [new ConsoleDeviceSpec(0x2F8, IsCoalesced: true)] }), 5));

        Assert.All(result.Vms, vm => Assert.Equal("ab\n", Console.Text(vm.Id)));
        Assert.Equal(4, result.Vms.Count(vm => vm.Start == VmStart.Warm));
    }

    [VmFact]
    public void RunScenario_DeviceThatKeepsState_StartsCold()
    {
        var result = RunScenario(CreateScenario(), 1, Warm(Vms.Real16(Guests.Halt()).On(machine => machine with { Devices = [new SerialDeviceSpec(0x2F8)] }), 3));

        Assert.All(result.Vms, vm => Assert.Equal(VmStart.Cold, vm.Start));
    }

    [VmFact]
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
    [VmTheory]
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

    [VmFact]
    public void StartVm_ReadyWithABadPlace_GivesTheErrno()
    {
        // exit(-result) for a length of 65, then for an address outside of memory.
        var code = new Code64().Mov(rax, 65).Store(Structure + 8, rax).Out((ushort)HypercallPort.Ready, Structure).Copy(rbx, rax)
            .Mov(rax, 16).Store(Structure + 8, rax).Mov(rax, 0x40_0000).Store(Structure, rax).Out((ushort)HypercallPort.Ready, Structure)
            .Asm(a =>
            {
                a.shl(ebx, 8);
                a.or(eax, ebx);
            })
            .Mov(rdx, (ulong)HypercallPort.Exit).OutDxEax();

        Assert.Equal((-22 << 8) | -14, Run(WithData(code)).ExitCode);
    }

    [VmFact]
    public void CancelScenario_WhileInstancesFollowEachOther_EndsItAndReportsThoseThatStarted()
    {
        var scenario = CreateScenario();
        scenario.Tell(
            new RunScenario(new ScenarioSpec("test", 2, [Warm(Vms.Real16(Guests.Print("x")), 100_000)])), TestActor);
        AwaitAssert(() => Assert.True(Console.Writes.Count > 20), Patience);

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
        .Mov(rax, 7).Store(Far, rax)
        .Mov(rax, (ulong)Buffer).Store(Structure, rax).Mov(rax, 16).Store(Structure + 8, rax)
        .Out((ushort)HypercallPort.Ready, Structure)
        .Mov(rax, 1).Store(Structure, rax).Mov(rax, (ulong)Buffer).Store(Structure + 8, rax).Mov(rax, 16).Store(Structure + 16, rax)
        .Out((ushort)HypercallPort.Write, Structure).InEaxDx()
        .Load(rax, Far).Mov(rdx, (ulong)HypercallPort.Exit).OutDxEax();

    // A path, and u64[3] for a read of one byte from descriptor 3.
    private VmSpec WithData(Code64 code, string path = "")
    {
        code.DataAt((int)Path, System.Text.Encoding.ASCII.GetBytes(path))
            .DataAt((int)Structure, [3, 0, 0, 0, 0, 0, 0, 0, (byte)(Buffer & 0xFF), (byte)(Buffer >> 8), 0, 0, 0, 0, 0, 0, 1])
            .DataAt((int)Buffer, new byte[64]);
        return Vms.Long64(code) with { Files = path.Length == 0 ? [] : [new FileMapping("/data", _folder.Root, MappingAccess.Read)] };
    }
}
