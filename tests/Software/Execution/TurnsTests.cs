using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Images;
using KvmActors.Machine.Processor;
using KvmActors.Software.Execution;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Execution;

/// <summary>vCPUs that take turns: nothing but instructions decides who is when.</summary>
public sealed class TurnsTests
{
    private const int Vcpus = 4;

    // Each appends its number to a list again and again, with an unlocked index: whatever comes of that, comes of it every time.
    [Fact]
    public void Run_OfVcpusThatRace_IsTheSameEveryTime()
    {
        var first = Race();

        for (var run = 0; run < 5; run++)
        {
            Assert.Equal(first, Race());
        }

        Assert.Contains((byte)1, first);
        Assert.Contains((byte)4, first);
    }

    [Fact]
    public void Kick_OfAVcpuThatWaitsForItsTurn_EndsTheWaiting()
    {
        var turns = new Turns(2, new VirtualClock());
        var isKicked = false;
        var waiting = new Thread(() => Assert.False(turns.Take(1, () => Volatile.Read(ref isKicked))));
        waiting.Start();

        Volatile.Write(ref isKicked, true);
        turns.Wake(1);

        Assert.True(waiting.Join(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Leave_OfWhoHasTheTurn_GivesItToTheNextThatIsThere()
    {
        var turns = new Turns(3, new VirtualClock());
        turns.Leave(1);
        Assert.True(turns.Take(0, static () => true));

        turns.Leave(0);

        Assert.True(turns.Take(2, static () => true));
        Assert.False(turns.Take(0, static () => true));
    }

    [Fact]
    public void Join_OfOneThatWasNotExpected_HasItWaitedFor()
    {
        var turns = new Turns(1, new VirtualClock());
        Assert.True(turns.Take(0, static () => true));

        turns.Join(2);
        turns.Pass(0);

        Assert.False(turns.Take(0, static () => true));
        Assert.True(turns.Take(2, static () => true));
        turns.Leave(2);
        Assert.True(turns.Take(0, static () => true));
    }

    [Fact]
    public void Rouse_OfOneThatSleepsForEver_GivesItATurn()
    {
        var turns = new Turns(2, new VirtualClock());
        using var stop = new VmStopSignal();
        Assert.True(turns.Take(0, static () => true));
        var sleeper = new Thread(() =>
        {
            Assert.True(turns.Take(1, static () => false));
            Assert.True(turns.Sleep(1, -1, stop));
            turns.Leave(1);
        });
        sleeper.Start();
        turns.Pass(0);
        Assert.True(turns.Take(0, static () => false));

        turns.Rouse(1);
        turns.Pass(0);

        Assert.True(sleeper.Join(TimeSpan.FromSeconds(30)));
        Assert.True(turns.Take(0, static () => true));
    }

    [Fact]
    public void Rouse_BeforeTheSleep_EndsItAtOnce()
    {
        var clock = new VirtualClock();
        var turns = new Turns(1, clock);
        using var stop = new VmStopSignal();
        Assert.True(turns.Take(0, static () => true));

        turns.Rouse(0);

        Assert.True(turns.Sleep(0, 1_000_000, stop));
        Assert.Equal(0, clock.Now);
    }

    [Fact]
    public void Sleep_OfAll_LetsTheClockGoOnToWhoeverWakesFirst()
    {
        var clock = new VirtualClock();
        var turns = new Turns(2, clock);
        using var stop = new VmStopSignal();
        var woken = new List<(int Index, long Time)>();
        var threads = ((long[])[3_000_000_000_000, 1_000_000_000_000]).Select((time, index) => new Thread(() =>
        {
            Assert.True(turns.Take(index, static () => false));
            Assert.True(turns.Sleep(index, time, stop));
            woken.Add((index, clock.Now));
            turns.Leave(index);
        })).ToList();

        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => Assert.True(thread.Join(TimeSpan.FromSeconds(30))));

        Assert.Equal([(1, 1_000_000_000_000L), (0, 3_000_000_000_000L)], woken);
    }

    [Fact]
    public void Sleep_BesideOneThatExecutes_LastsUntilTheClockHasCome()
    {
        var clock = new VirtualClock();
        var turns = new Turns(2, clock);
        using var stop = new VmStopSignal();
        var wokenAt = 0L;
        var sleeper = new Thread(() =>
        {
            Assert.True(turns.Take(0, static () => false));
            Assert.True(turns.Sleep(0, 250, stop));
            wokenAt = clock.Now;
            turns.Leave(0);
        });
        sleeper.Start();
        for (var turn = 0; turn < 5; turn++)
        {
            Assert.True(turns.Take(1, static () => false));
            clock.Advance(100);
            turns.Pass(1);
        }

        Assert.True(sleeper.Join(TimeSpan.FromSeconds(30)));
        Assert.Equal(300, wokenAt);
    }

    private static byte[] Race()
    {
        var code = SoftwareVm.Assemble(64, code =>
        {
            var again = code.CreateLabel();
            code.mov(r9d, 30_000);
            code.lea(ebx, __[r8d + 1]);
            code.mov(rdi, 0x10_0000);
            code.Label(ref again);
            code.mov(rax, __qword_ptr[rdi]);
            code.mov(__byte_ptr[rdi + rax + 8], bl);
            code.inc(rax);
            code.mov(__qword_ptr[rdi], rax);
            code.dec(r9d);
            code.jne(again);
            code.hlt();
        });
        var plan = BootPlans.For(new MachineSpec
        {
            Name = "race",
            Boot = BootProtocol.Long64,
            Image = FlatImage.Parse(code, new GuestPhysAddr(0), 0),
            MemoryBytes = 4 << 20,
            Vcpus = Vcpus,
        });
        using var memory = GuestMemory.Allocate([.. plan.Ranges]);
        using var vm = new SoftwareHypervisor().CreateVm();
        vm.MapMemory(memory);
        vm.Begin(new RunSettings(Vcpus));
        var states = plan.Apply(memory);
        var threads = Enumerable.Range(0, Vcpus).Select(index => new Thread(() =>
        {
            using var vcpu = vm.CreateVcpu(index);
            states[index].ApplyTo(vcpu);
            vcpu.BindToCurrentThread();
            Assert.Equal(VcpuExitReason.Hlt, vcpu.Run().Reason);
            vcpu.Unbind();
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.True(memory.TryGetSpan(new(0x10_0000), 8 + (Vcpus * 30_000), out var bytes));
        return bytes.ToArray();
    }
}
