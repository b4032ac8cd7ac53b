using System.Globalization;
using System.Text.RegularExpressions;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>How much the guest kernel does before a program runs: where ring 0 is emulated, each instruction costs a microsecond.</summary>
public sealed partial class KernelBootTests
{
    private const int Budget = 5000;

    // User programs are linked or placed from here on; the kernel is below, or in the top half.
    private const ulong UserStart = 0x40_0000, UserEnd = 0x8000_0000_0000;

    [VmFact]
    public async Task Boot_ToTheFirstUserInstruction_StaysWithinItsBudget()
    {
        // Where KVM cannot step ring 3, the kernel is seen again after its program's first call.
        using var host = await HostProcess.RunAsync("--scenario", "hello", "--step", Budget.ToString(CultureInfo.InvariantCulture));

        var steps = StepPattern().Matches(host.Error.Split("cannot step", 2)[0])
            .Select(match => ulong.Parse(match.Groups["rip"].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)).ToList();
        var boot = steps.TakeWhile(rip => rip is < UserStart or >= UserEnd).Count();
        // Where steps get lost there are too few of them to say more than that it began.
        Assert.InRange(boot, TestMachine.Has(KvmAbility.Ring0SingleStepAcrossExits) ? 100 : 10, Budget - 1);
    }

    [GeneratedRegex(": step, RIP (?<rip>[0-9a-f]+):", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex StepPattern();
}
