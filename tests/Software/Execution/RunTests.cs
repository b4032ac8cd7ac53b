using KvmActors.Interop.Kvm;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Execution;

/// <summary>A run of a machine: its own time, its own chance, its instructions counted.</summary>
public sealed class RunTests
{
    private const ulong First = 0x1000, Second = 0x1008;

    [Fact]
    public void TimeStamp_CountsInstructionsAndWaits()
    {
        const long Nanoseconds = 5_000_000_000;
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            code.rdtsc();
            code.mov(__[First], eax);
            code.@out(0x80, al);
            code.rdtsc();
            code.shl(rdx, 32);
            code.or(rax, rdx);
            code.mov(__[Second], rax);
            code.hlt();
        });
        using var stop = new VmStopSignal();
        vm.Begin();

        Assert.Equal(VcpuExitReason.Io, vm.Vcpu.Run().Reason);
        Assert.True(vm.Vcpu.Wait(stop, new VcpuWait(Nanoseconds)));
        Assert.True(vm.Vcpu.Wait(stop, new VcpuWait(1, IsThrottle: true)));
        vm.RunToHlt();

        Assert.Equal(0U, vm.Read<uint>(First));
        Assert.Equal((ulong)Nanoseconds + 3, vm.Read<ulong>(Second));
        Assert.Equal(Nanoseconds + 8, vm.Machine.Clock!.Now);
    }

    [Fact]
    public void Wait_ForEver_EndsWithTheStop()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, static code => code.hlt());
        using var stop = new VmStopSignal();
        stop.Attach(vm.Vcpu);
        vm.Begin();
        vm.RunToHlt();
        var waiting = new Thread(() => Assert.False(vm.Vcpu.Wait(stop, new VcpuWait(-1))));
        waiting.Start();

        stop.Request();

        Assert.True(waiting.Join(TimeSpan.FromSeconds(30)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(50_000)]
    [InlineData(123_457)]
    public void MaxInstructions_OneVcpu_IsExact(long most)
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, Count);
        vm.Begin(new RunSettings(1) { MaxInstructions = most });

        Assert.Equal(VcpuExitReason.Intr, vm.Vcpu.Run().Reason);

        Assert.True(vm.Vcpu.IsOutOfInstructions);
        Assert.Equal(most, vm.Machine.Trace!.Instructions);

        // Of four instructions the first, once, sets the register that the other three add to.
        Assert.Equal((ulong)(most - 1 + 2) / 3, vm.Vcpu.GetRegisters().rax);
    }

    [Theory]
    [InlineData(100_001)]
    [InlineData(400_003)]
    public void MaxInstructions_SeveralVcpus_IsOfAllTogether(long most)
    {
        const int Vcpus = 3;
        using var vm = new SoftwareVm(BootProtocol.Long64, Count, Vcpus);
        vm.Begin(new RunSettings(Vcpus) { MaxInstructions = most });
        var threads = vm.Vcpus.Select(vcpu => new Thread(() =>
        {
            Assert.Equal(VcpuExitReason.Intr, vcpu.Run().Reason);
            vcpu.Unbind();
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Equal(most, vm.Machine.Trace!.Instructions);
        Assert.Equal(most, vm.Vcpus.Sum(vcpu => (long)vcpu.Instructions));
    }

    [Fact]
    public void MaxInstructions_ExitAtTheLastOne_IsServedFirst()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, static code =>
        {
            code.nop();
            code.@in(al, 0x80);
            code.nop();
            code.hlt();
        });
        vm.Begin(new RunSettings(1) { MaxInstructions = 2 });

        Assert.Equal(VcpuExitReason.Io, vm.Vcpu.Run().Reason);
        Assert.Equal(VcpuExitReason.Intr, vm.Vcpu.Run().Reason);

        Assert.True(vm.Vcpu.IsOutOfInstructions);
        Assert.Equal((3UL, 2L), (vm.Vcpu.GetRegisters().rip, vm.Machine.Trace!.Instructions));
    }

    [Fact]
    public void Random_FromOneSeed_IsTheSameForEachVcpuAndRun()
    {
        static ulong Draw(ulong seed, int vcpu)
        {
            using var vm = new SoftwareVm(BootProtocol.Long64, static code =>
            {
                code.rdrand(rax);
                code.hlt();
            }, vcpus: 2);
            vm.Begin(new RunSettings(2) { Seed = seed, TakesTurns = false });
            Assert.Equal(VcpuExitReason.Hlt, vm.Vcpus[vcpu].Run().Reason);
            return vm.Vcpus[vcpu].GetRegisters().rax;
        }

        Assert.Equal(Draw(1, 0), Draw(1, 0));
        Assert.Equal(3, new[] { Draw(1, 0), Draw(1, 1), Draw(2, 0) }.Distinct().Count());
    }

    [Fact]
    public void Trace_OfTheSameRun_IsTheSame_AndOfAnotherIsNot()
    {
        static RunTrace Trace(byte value, byte answer, int nops)
        {
            using var vm = new SoftwareVm(BootProtocol.Long64, code =>
            {
                for (var count = 0; count < nops; count++)
                {
                    code.nop();
                }

                code.mov(al, value);
                code.@out(0x80, al);
                code.@in(al, 0x81);
                code.hlt();
            });
            vm.Begin();
            Assert.Equal(VcpuExitReason.Io, vm.Vcpu.Run().Reason);
            var question = vm.Vcpu.Run();
            question.Io.Data[0] = answer;
            vm.RunToHlt();
            return vm.Machine.Trace!;
        }

        var trace = Trace(1, 2, 3);

        Assert.Equal(trace, Trace(1, 2, 3));
        Assert.Equal(4, new[] { trace, Trace(2, 2, 3), Trace(1, 3, 3), Trace(1, 2, 4) }.Select(each => each.Hash).Distinct().Count());
        Assert.Equal((7L, 32), (trace.Instructions, trace.Hash!.Length));
    }

    [Fact]
    public void Begin_Again_IsAsTheFirstTime()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, static code =>
        {
            code.rdtsc();
            code.@out(0x80, eax);
            code.rdrand(eax);
            code.@out(0x80, eax);
            code.hlt();
        });
        var snapshot = vm.Vcpu.SaveState();
        var traces = new List<RunTrace?>();
        for (var run = 0; run < 3; run++)
        {
            Assert.True(vm.Vcpu.TryRestoreState(snapshot));
            vm.Begin();
            vm.Vcpu.Run();
            vm.Vcpu.Run();
            vm.RunToHlt();
            traces.Add(vm.Machine.Trace);
        }

        Assert.NotNull(traces[0]!.Hash);
        Assert.Single(traces.Distinct());
    }

    [Fact]
    public void NotDeterministic_HasTheHostsTimeAndNoTrace()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, static code =>
        {
            code.rdtsc();
            code.shl(rdx, 32);
            code.or(rax, rdx);
            code.mov(rbx, rax);
            code.@out(0x80, al);
            code.rdtsc();
            code.shl(rdx, 32);
            code.or(rax, rdx);
            code.sub(rax, rbx);
            code.hlt();
        }, isDeterministic: false);
        vm.Begin();
        vm.Vcpu.Run();
        Thread.Sleep(20);

        vm.RunToHlt();

        Assert.True(vm.Vcpu.GetRegisters().rax >= 20_000_000, $"{vm.Vcpu.GetRegisters().rax} ns");
        Assert.Null(vm.Machine.Clock);
        Assert.Null(vm.Machine.Trace!.Hash);
    }

    private static void Count(Iced.Intel.Assembler code)
    {
        var again = code.CreateLabel();
        code.mov(eax, 0);
        code.Label(ref again);
        code.inc(rax);
        code.nop();
        code.jmp(again);
    }
}
