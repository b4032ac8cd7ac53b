using KvmActors.Interop.Kvm;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Kvm;
using KvmActors.Software.Tests.Support;

namespace KvmActors.Software.Tests.Differential;

/// <summary>
/// Random programs in ring 0, under a KVM that has hardware under it and in software: what they do must be the same. DIFFERENTIAL_PROGRAMS
/// says how many, DIFFERENTIAL_SEED where to begin, DIFFERENTIAL_MAX after how many differences to stop; each is shrunk.
/// </summary>
public sealed class RingZeroTests
{
    private const int ShortRun = 2000;

    [AbilityFact(KvmAbility.Ring0Sse)]
    public void RandomPrograms_InRing0_DoTheSame()
    {
        using var device = KvmDevice.Open();
        using var native = new RingZero(new KvmHypervisor(device));
        using var software = new RingZero(new SoftwareHypervisor());
        var (first, programs) = (Setting("DIFFERENTIAL_SEED", 1), Setting("DIFFERENTIAL_PROGRAMS", ShortRun));
        var differences = new List<string>();
        var unknown = 0;
        for (var seed = first; seed < first + programs && differences.Count < Setting("DIFFERENTIAL_MAX", 1); seed++)
        {
            var program = RingZeroProgram.Create(seed);
            if (Compare(native, software, program, ref unknown) is not null)
            {
                for (var index = program.Length - 1; index >= 0; index--)
                {
                    var smaller = program.Without(index);
                    program = Compare(native, software, smaller, ref unknown) is null ? program : smaller;
                }

                differences.Add($"seed {seed}: {program}: {Compare(native, software, program, ref unknown)}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.InRange(unknown, 0, programs / 20);
    }

    // What KVM cannot tell, because it emulates an instruction that it does not know, counts as the same.
    private static string? Compare(RingZero native, RingZero software, RingZeroProgram program, ref int unknown)
    {
        var expected = native.Run(program);
        if (expected.Reason == VcpuExitReason.InternalError)
        {
            unknown++;
            return null;
        }

        return software.Run(program).Difference(expected);
    }

    private static int Setting(string name, int value) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var set) ? set : value;
}
