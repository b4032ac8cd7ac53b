using System.Runtime.InteropServices;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Tests.Support;
using KvmActors.Linux.Hypercalls;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Actors.Tests.Vm;

/// <summary>Deadlines of guests that keep the host busy.</summary>
public sealed class VmStopTests : VmTestKit
{
    private const int Vectors = 0x4000, Path = 0x800, Arguments = 0x900;

    // Served one after the other to their ends, these take more than a minute.
    [VmFact]
    public void Deadline_EveryVcpuReads2GiBOfRandomBytes_EndsTheVm()
    {
        ulong[] vectors = [.. Enumerable.Repeat<ulong[]>([0x20_0000, 0x20_0000], 1024).SelectMany(vector => vector)];
        var code = new Code64().Out((ushort)HypercallPort.Open, Path).Label(out var again)
            .Out((ushort)HypercallPort.Preadv, Arguments).JmpTo(again)
            .DataAt(Path, "/dev/urandom\0"u8)
            .DataAt(Arguments, MemoryMarshal.AsBytes<ulong>([3, Vectors, 1024, 0]))
            .DataAt(Vectors, MemoryMarshal.AsBytes<ulong>(vectors));
        var spec = Vms.Long64(code).On(machine => machine with { Vcpus = 16, MemoryBytes = 8 << 20 }) with { Timeout = TestTime.Seconds(1) };

        Assert.Equal(VmOutcome.TimedOut, Run(spec).Outcome);
    }
}
