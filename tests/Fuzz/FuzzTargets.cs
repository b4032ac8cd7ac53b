using KvmActors.Fuzz.Tests.Configuration;
using KvmActors.Fuzz.Tests.Functions;
using KvmActors.Fuzz.Tests.Images;
using KvmActors.Fuzz.Tests.Kvm;
using KvmActors.Fuzz.Tests.Running;
using KvmActors.Fuzz.Tests.Syscalls;

namespace KvmActors.Fuzz.Tests;

/// <summary>All that is fuzzed.</summary>
internal static class FuzzTargets
{
    /// <summary>Those that need no KVM: what each is called, and how it is made.</summary>
    public static IReadOnlyDictionary<string, Func<IFuzzTarget>> WithoutKvm { get; } = new Dictionary<string, Func<IFuzzTarget>>
    {
        ["syscalls"] = () => new SyscallTarget(),
        ["functions"] = () => new FunctionsTarget(),
        ["elf"] = () => new ElfTarget(),
        ["flat"] = () => new FlatTarget(),
        ["program"] = () => new ProgramTarget(),
        ["scenario"] = () => new ScenarioTarget(),
        ["command-line"] = () => new CommandLineTarget(),
        ["reset-software"] = ResetTarget.InSoftware,
        ["guest-software"] = GuestTarget.InSoftware,
    };

    /// <summary>Those that need /dev/kvm.</summary>
    public static IReadOnlyDictionary<string, Func<IFuzzTarget>> WithKvm { get; } = new Dictionary<string, Func<IFuzzTarget>>
    {
        ["reset"] = ResetTarget.OnKvm,
        ["guest"] = GuestTarget.OnKvm,
    };

    /// <summary>All of them.</summary>
    public static IEnumerable<string> Names => WithoutKvm.Keys.Concat(WithKvm.Keys);

    /// <summary>Makes a target; null where none is called so.</summary>
    public static IFuzzTarget? Find(string name) =>
        WithoutKvm.TryGetValue(name, out var make) || WithKvm.TryGetValue(name, out make) ? make() : null;
}
