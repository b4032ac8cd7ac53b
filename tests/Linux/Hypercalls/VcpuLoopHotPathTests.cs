using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Files;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Linux.Tests.Hypercalls;

/// <summary>
/// What the loop allocates between two entries: nothing, whatever the exit. The guest prints a line each round, and the
/// console looks at the thread's allocations then. In software an instruction that waits for the host's answer is ended by an exception:
/// that is all it allocates.
/// </summary>
public sealed class VcpuLoopHotPathTests : IDisposable
{
    private const uint Structure = 0x30_1000, Path = 0x30_2000, Buffer = 0x30_3000;
    // Mapped one to one, but behind the 4 MiB of memory.
    private const uint DeviceMemory = 0x50_0000;
    private const int Exits = 100_000;

    // What an exception takes of which there is one object, thrown again and again: where it was.
    private const int BytesOfAnAnswer = 2000;

    private readonly TempFolder _folder = new();

    public VcpuLoopHotPathTests() => _folder.AddFile("file", "0123456789");

    public void Dispose() => _folder.Dispose();

    [VmFact]
    public void Run_ConsoleOutput_AllocatesNothing() => AssertAllocatesNothing(_ => { }, exitsPerRound: 2);

    [VmFact]
    public void Run_CloseHypercalls_AllocatesNothing() =>
        AssertAllocatesNothing(code => code.Out((ushort)HypercallPort.Close, 99).InEaxDx(), exitsPerRound: 4, answers: 1);

    [VmFact]
    public void Run_SeekHypercalls_AllocatesNothing() =>
        AssertAllocatesNothing(code => code.Out((ushort)HypercallPort.Lseek, Structure + 0x100).InEaxDx(), exitsPerRound: 4, answers: 1);

    [VmFact]
    public void Run_ReadHypercalls_AllocatesNothing() =>
        AssertAllocatesNothing(code => code.Out((ushort)HypercallPort.Read, Structure).InEaxDx(), exitsPerRound: 4, answers: 1);

    [VmFact]
    public void Run_PreadHypercalls_AllocatesNothing() =>
        AssertAllocatesNothing(code => code.Out((ushort)HypercallPort.Pread, Structure), exitsPerRound: 3);

    [VmFact]
    public void Run_ForwardedSystemCalls_AllocatesNothing() => AssertAllocatesNothing(
        code => code.Mov(rdi, 3).Mov(rsi, (ulong)Buffer).Mov(rcx, 5).Mov(rax, 0)
            .Mov(rdx, (ulong)HypercallPort.Syscall).OutDxEax(),
        exitsPerRound: 3);

    [VmFact]
    public void Run_Recorded_AllocatesNothing() => AssertAllocatesNothing(
        code => code.Out((ushort)HypercallPort.Read, Structure).InEaxDx(), exitsPerRound: 4, answers: 1, new RecordingOptions(TimelineExits: 1000));

    [VmFact]
    public void Run_DeviceMemory_AllocatesNothing() => AssertAllocatesNothing(
        code => code.Load(rax, DeviceMemory).Store(DeviceMemory + 8, rax), exitsPerRound: 2, answers: 1, recording: null,
        new RegisterBankSpec(DeviceMemory, 0x1000, [new BankRegister(0, 8, 42)]));

    [VmFact]
    public void Run_GatheredConsoleOutput_AllocatesNothing() => AssertAllocatesNothing(
        code => code.OutByte(0x2F8, 'y'), exitsPerRound: TestBackend.IsSoftware ? 3 : 2, new ConsoleDeviceSpec(0x2F8, IsCoalesced: true));

    [VmFact]
    public void Run_Doorbell_AllocatesNothing() => AssertAllocatesNothing(
        code => code.Out(0x500, 1), exitsPerRound: 2, new DoorbellSpec(0x500, 4));

    private void AssertAllocatesNothing(Action<Code64> round, int exitsPerRound, params DeviceSpec[] devices) =>
        AssertAllocatesNothing(round, exitsPerRound, answers: 0, recording: null, devices);

    private void AssertAllocatesNothing(
        Action<Code64> round, int exitsPerRound, int answers, RecordingOptions? recording = null, params DeviceSpec[] devices)
    {
        // More than a register bank records.
        const int WarmUp = 300;
        var rounds = (Exits / exitsPerRound) + WarmUp;
        var code = new Code64().Out((ushort)HypercallPort.Open, Path).Mov(rbx, (ulong)rounds).Label(out var start);
        round(code);
        code.OutByte(0x3F8, 'x').OutByte(0x3F8, '\n').LoopTo(start).Hlt();

        var probe = new AllocationProbe(WarmUp);
        var spec = Machines.Long64(code) with
        {
            Devices = devices,
            IdentityBytes = 8 * Machines.MiB,
        };
        using var vm = new LoopVm(spec, probe, recording, [new FileMapping("/data", _folder.Root, MappingAccess.Read)]);
        vm.Write(Path, "/data/file\0"u8);
        vm.Write(Structure, 3UL);
        vm.Write(Structure + 8, (ulong)Buffer);
        vm.Write(Structure + 16, 5UL);
        vm.Write(Structure + 0x100, 3U);
        vm.Write(0x1F_9008UL, vm.Read<ulong>(0x1F_9008) | PageTables.User);

        Assert.Equal(VcpuEndKind.Halted, vm.Run().Kind);

        var io = vm.Statistics.Exits.Single(row => row.Reason == VcpuExitReason.Io).Durations.Host.Count;
        Assert.Equal((rounds, (rounds * (long)exitsPerRound) + 1), (probe.Rounds, io));
        Assert.InRange(probe.AllocatedBytes, 0, TestBackend.IsSoftware ? (long)rounds * answers * BytesOfAnAnswer : 0);
    }

    /// <summary>What the writing thread has allocated since it was warm.</summary>
    private sealed class AllocationProbe(int warmUp) : IGuestOutput
    {
        private long _first;

        public int Rounds { get; private set; }

        public long AllocatedBytes { get; private set; }

        public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal)
        {
            var now = GC.GetAllocatedBytesForCurrentThread();
            if (++Rounds == warmUp)
            {
                _first = now;
            }

            AllocatedBytes = now - _first;
            return Errno.None;
        }
    }
}
