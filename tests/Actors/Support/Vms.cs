using KvmActors.Actors.Specs;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Actors.Tests.Support;

/// <summary>Descriptions of VMs, as tests want them.</summary>
internal static class Vms
{
    /// <summary>How long a test waits for what must happen.</summary>
    public static readonly TimeSpan Patience = TestTime.Seconds(60);

    // Longer than any test waits: a guest that nothing else stops makes its test fail.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);

    public static VmSpec Of(MachineSpec machine) => new() { Name = machine.Name, Instances = 1, Plan = BootPlans.For(machine), Timeout = Timeout };

    public static VmSpec Real16(Code16 code, string name = "real") => Of(Machines.Real16(code, name));

    public static VmSpec Long64(Code64 code, string name = "long") => Of(Machines.Long64(code, name));

    /// <summary>The same VM with another machine.</summary>
    public static VmSpec On(this VmSpec spec, Func<MachineSpec, MachineSpec> change) => spec with { Plan = BootPlans.For(change(spec.Machine)) };
}
