using KvmActors.Actors.Specs;
using KvmActors.Linux.Files;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Devices;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Bench;

/// <summary>Ten kinds of guests that never end by themselves, each of which keeps the host busy in its own way.</summary>
internal static class HostileGuests
{
    /// <summary>The name of those whose output waits for a reader that never reads.</summary>
    public const string Stalled = "stalled";

    // As in paths.S.
    private const int Links = 40;

    // As in mmio.S.
    private const ulong DeviceAddress = 0xD000_0000;

    /// <summary>Describes them, the one that spins in ring 0 first, each when it is asked for: one needs the program itself to be built.</summary>
    /// <param name="context">Where their code is.</param>
    /// <param name="instances">How many there are of each kind.</param>
    /// <param name="timeout">Their deadline.</param>
    public static IEnumerable<VmSpec> Describe(BenchContext context, int instances, TimeSpan timeout)
    {
        VmSpec Of(string name, string guest, Func<MachineSpec, MachineSpec>? change = null)
        {
            var machine = Guests.Describe(context, guest).Machine with { Name = name };
            return Ending(new VmSpec { Name = name, Instances = instances, Plan = BootPlans.For(change?.Invoke(machine) ?? machine), Timeout = timeout });
        }

        yield return Of("spin-ring0", "spin");
        yield return Ending(Guests.DescribeProgram("spin", instances) with { Timeout = timeout });
        yield return Of("ports", "ports");
        yield return Of("mmio", "mmio", machine => machine with { Boot = BootProtocol.Long64, Devices = [new RegisterBankSpec(DeviceAddress, 0x1000, [])] });
        yield return Of("calls", "calls");
        yield return Of("random", "random", machine => machine with { Vcpus = 16 });
        yield return Of("paths", "paths") with { Files = [new FileMapping("/data", MakeMaze(context), MappingAccess.Read)] };
        yield return Of(Stalled, "write");
        yield return Of("sleep", "sleep", machine => machine with { Boot = BootProtocol.Long64 });
        yield return Of("flood", "flood");
    }

    private static VmSpec Ending(VmSpec spec) => spec with
    {
        Start = VmStart.Cold,
        Expected = new ExpectedEnd(VmOutcome.TimedOut, null),
        Limits = new VmLimits { Files = new FileLimits { BytesWritten = long.MaxValue } },
    };

    // A folder to go down into and up again, and a chain of links, each of which does so before it leads to the next.
    private static string MakeMaze(BenchContext context)
    {
        var folder = Path.Combine(context.Folder, "maze");
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(Path.Combine(folder, "d"));
            for (var link = 0; link < Links; link++)
            {
                File.CreateSymbolicLink(Path.Combine(folder, $"l{link}"), string.Concat(Enumerable.Repeat("d/../", 100)) + $"l{link + 1}");
            }
        }

        return folder;
    }
}
