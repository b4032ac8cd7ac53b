using Iced.Intel;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Execution;

/// <summary>Stopping at places and at accesses, of which the guest notices nothing.</summary>
public sealed class WatchingTests
{
    private const ulong Data = 0x10_0000;

    [Theory]
    [InlineData(0UL, 0UL)]
    [InlineData(5UL, 1UL)]
    [InlineData(7UL, 2UL)]
    public void Run_ToARip_EndsRightBeforeIt(ulong rip, ulong count)
    {
        using var vm = Counter();
        vm.Vcpu.StopsAtRip = rip;

        Assert.Equal(VcpuExitReason.Intr, vm.Vcpu.Run().Reason);
        Assert.Equal((rip, count), (vm.Vcpu.GetRegisters().rip, vm.Vcpu.Instructions));

        vm.Vcpu.StopsAtRip = null;
        Assert.Equal((1000UL, 3002UL), (vm.RunToHlt().Vcpu.GetRegisters().rax, vm.Vcpu.Instructions));
    }

    [Fact]
    public void Run_ToARipInsideAnInstruction_NeverGetsThere()
    {
        using var vm = Counter();
        vm.Vcpu.StopsAtRip = 6;

        Assert.Equal(3002UL, vm.RunToHlt().Vcpu.Instructions);
    }

    [Fact]
    public void Run_WithManyBreakpoints_StopsAtEachEveryTimeAndTakesNoMoreInstructions()
    {
        using var vm = Counter();

        // The increment and the branch, and 300 places where nothing is.
        vm.Vcpu.SetBreakpoints([5, 9, .. Enumerable.Range(0, 300).Select(index => 0x8000UL + (ulong)index)]);

        for (var round = 0; round < 1000; round++)
        {
            Assert.Equal((VcpuExitReason.Debug, 5UL), (vm.Vcpu.Run().Reason, vm.Vcpu.GetRegisters().rip));
            Assert.Equal((VcpuExitReason.Debug, 9UL), (vm.Vcpu.Run().Reason, vm.Vcpu.GetRegisters().rip));
        }

        Assert.Equal(3002UL, vm.RunToHlt().Vcpu.Instructions);
        Assert.Equal((byte)0xFF, vm.Read<byte>(5));
    }

    [Fact]
    public void Run_WithABreakpointAtAJumpToItself_StopsEveryTime()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            var again = code.CreateLabel();
            code.Label(ref again);
            code.jmp(again);
        });
        vm.Vcpu.SetBreakpoints([0]);

        for (var count = 0UL; count < 3; count++)
        {
            Assert.Equal((VcpuExitReason.Debug, count), (vm.Vcpu.Run().Reason, vm.Vcpu.Instructions));
        }
    }

    [Fact]
    public void Run_WithABreakpointAtARepeatedString_StopsOnceBeforeIt()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            code.mov(rdi, Data);
            code.mov(ecx, 200_000);
            code.rep.stosb();
            code.hlt();
        });
        vm.Vcpu.SetBreakpoints([0xF]);

        Assert.Equal((VcpuExitReason.Debug, 200_000UL), (vm.Vcpu.Run().Reason, vm.Vcpu.GetRegisters().rcx));
        Assert.Equal(0UL, vm.RunToHlt().Vcpu.GetRegisters().rcx);
    }

    [Theory]
    [InlineData(WatchKind.Write, Data, 8UL, Data)]
    [InlineData(WatchKind.Write, Data + 2, 1UL, Data + 2)]
    [InlineData(WatchKind.Access, Data + 3, 100UL, Data + 3)]
    [InlineData(WatchKind.Access, Data - 50, 51UL, Data)]
    public void Run_WithAWatchpoint_StopsBehindTheStoreAndTellsItsFirstByte(WatchKind kind, ulong address, ulong length, ulong hit)
    {
        using var vm = Accesses();
        vm.Vcpu.SetWatchpoints([new Watchpoint(address, length, kind), new Watchpoint(0x20_0000, 4, kind)]);

        Assert.Equal(VcpuExitReason.Debug, vm.Vcpu.Run().Reason);

        Assert.Equal(new WatchHit(hit, kind), vm.Vcpu.TakeWatchHit());
        Assert.Equal((0x1234U, 3UL), (vm.Read<uint>(Data), vm.Vcpu.Instructions));
    }

    [Fact]
    public void Run_WithAWatchpointForLoads_StopsAtLoadsAlone()
    {
        using var vm = Accesses();
        vm.Vcpu.SetWatchpoints([new Watchpoint(Data, 4, WatchKind.Read)]);

        // The load, the addition, the string instruction.
        foreach (var instructions in (ulong[])[4, 5, 8])
        {
            Assert.Equal((VcpuExitReason.Debug, instructions), (vm.Vcpu.Run().Reason, vm.Vcpu.Instructions));
            Assert.Equal(new WatchHit(Data, WatchKind.Read), vm.Vcpu.TakeWatchHit());
        }

        Assert.Equal(9UL, vm.RunToHlt().Vcpu.Instructions);
        Assert.Null(vm.Vcpu.TakeWatchHit());
    }

    [Fact]
    public void Run_WithAWatchpointElsewhere_RunsAsWithout()
    {
        using var vm = Accesses();
        vm.Vcpu.SetWatchpoints([new Watchpoint(Data + 4, 0x1000, WatchKind.Access), new Watchpoint(Data - 8, 8, WatchKind.Access)]);

        Assert.Equal(9UL, vm.RunToHlt().Vcpu.Instructions);
    }

    [Fact]
    public void Run_WithAWatchpointTakenAway_RunsOn()
    {
        using var vm = Accesses();
        vm.Vcpu.SetWatchpoints([new Watchpoint(Data, 4, WatchKind.Write)]);
        Assert.Equal(VcpuExitReason.Debug, vm.Vcpu.Run().Reason);
        Assert.True(vm.Vcpu.HasWatchHit);

        vm.Vcpu.SetWatchpoints([]);

        Assert.Equal(9UL, vm.RunToHlt().Vcpu.Instructions);
    }

    // Locked additions of four threads, with every access looked at: none is lost, each is told.
    [Fact]
    public void Run_WithAWatchpointOnASharedCounter_LosesNoAddition()
    {
        const int Rounds = 2000;
        using var vm = new SoftwareVm(
            BootProtocol.Long64,
            code =>
            {
                var again = code.CreateLabel();
                code.mov(ecx, Rounds);
                code.mov(rdi, Data);
                code.Label(ref again);
                code.@lock.inc(__dword_ptr[rdi]);
                code.dec(ecx);
                code.jne(again);
                code.hlt();
            },
            vcpus: 4);
        var hits = new int[vm.Vcpus.Count];

        var threads = vm.Vcpus.Select(vcpu => new Thread(() =>
        {
            vcpu.SetWatchpoints([new Watchpoint(Data, 4, WatchKind.Write)]);
            while (vcpu.Run().Reason == VcpuExitReason.Debug)
            {
                hits[vcpu.Index] += vcpu.TakeWatchHit() == new WatchHit(Data, WatchKind.Write) ? 1 : 0;
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Equal(Enumerable.Repeat(Rounds, 4), hits);
        Assert.Equal(4U * Rounds, vm.Read<uint>(Data));
    }

    [Fact]
    public void ReadBranches_AfterALoopWithACall_AreTheNewestInOrder()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            var (again, function) = (code.CreateLabel(), code.CreateLabel());
            code.mov(ecx, 2);
            code.Label(ref again);
            code.call(function);
            code.dec(ecx);
            code.jne(again);
            code.hlt();
            code.Label(ref function);
            code.ret();
        });
        vm.Vcpu.SetRegisters(vm.Vcpu.GetRegisters() with { rsp = 0x8_0000 });
        vm.RunToHlt();

        Assert.Equal(
            [new Branch(5, 15), new Branch(15, 10), new Branch(12, 5), new Branch(5, 15), new Branch(15, 10)],
            vm.Vcpu.ReadBranches());
    }

    [Fact]
    public void ReadBranches_AfterMoreThanAreKept_AreTheLastThousand()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            var (again, last) = (code.CreateLabel(), code.CreateLabel());
            code.mov(ecx, 5000);
            code.Label(ref again);
            code.dec(ecx);
            code.jne(again);
            code.jmp(last);
            code.nop();
            code.Label(ref last);
            code.hlt();
        });
        var branches = vm.RunToHlt().Vcpu.ReadBranches();

        Assert.Equal(IVcpuWatch.MaxBranches, branches.Length);
        Assert.Equal((new Branch(7, 5), new Branch(7, 5), new Branch(9, 12)), (branches[0], branches[^2], branches[^1]));
    }

    [Fact]
    public void ReadBranches_AfterAFaultAndARepeatedString_HaveTheFaultAlone()
    {
        using var vm = new SoftwareVm(BootProtocol.Real16, code =>
        {
            code.mov(__word_ptr[6 * 4], 0x100);
            code.mov(__word_ptr[(6 * 4) + 2], 0);
            code.mov(cx, 0x4000);
            code.mov(di, 0x4000);
            code.rep.stosb();
            code.ud2();
        });
        vm.Write(0x100, (byte)0xF4);
        vm.Vcpu.SetRegisters(vm.Vcpu.GetRegisters() with { rsp = 0x2000 });
        vm.RunToHlt();

        var branch = Assert.Single(vm.Vcpu.ReadBranches());
        Assert.Equal(0x100UL, branch.To);
        Assert.Equal((byte)0x0F, vm.Read<byte>(branch.From));
    }

    [Fact]
    public void RestoreState_ForgetsTheBranchesOfTheLastGuest()
    {
        using var vm = Counter();
        var state = vm.Vcpu.SaveState();
        vm.RunToHlt();
        Assert.NotEmpty(vm.Vcpu.ReadBranches());

        Assert.True(vm.Vcpu.TryRestoreState(state));

        Assert.Empty(vm.Vcpu.ReadBranches());
    }

    // mov (5 bytes), then 1000 rounds of inc (2), dec (2), jne (2); hlt.
    private static SoftwareVm Counter() => new(BootProtocol.Long64, code =>
    {
        var again = code.CreateLabel();
        code.mov(ecx, 1000);
        code.Label(ref again);
        code.inc(eax);
        code.dec(ecx);
        code.jne(again);
        code.hlt();
    });

    private static SoftwareVm Accesses() => new(BootProtocol.Long64, code =>
    {
        code.mov(rbx, Data);
        code.mov(ecx, 4);
        code.mov(__dword_ptr[rbx], 0x1234);
        code.mov(eax, __dword_ptr[rbx]);
        code.add(__dword_ptr[rbx], eax);
        code.mov(rsi, rbx);
        code.lea(rdi, __[rbx + 0x2000]);
        code.rep.movsb();
        code.hlt();
    });
}
