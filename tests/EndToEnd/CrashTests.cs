using System.Text.Json;
using KvmActors.Machine.Capabilities;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests;

/// <summary>Guests that cannot go on: each ends only its own VM, with a report from which the instruction can be found.</summary>
public sealed class CrashTests
{
    private static bool KeepsRegisters => TestMachine.Has(KvmAbility.RegistersAfterShutdown);

    [VmFact(AlwaysInSoftware = true)]
    public async Task Run_Crashes_EachHasItsReportAndTheFineOneEndsWell()
    {
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", "crashes");

        Assert.Equal(0, host.ExitCode);
        var vms = results.GetProperty("vms").EnumerateArray().ToDictionary(vm => vm.GetProperty("id").GetString()!);
        Assert.Equal("Halted", vms["fine-0"].GetProperty("outcome").GetString());
        AssertCrash(vms["triple-fault-0"], "triple fault", KeepsRegisters ? "ud2" : null);
        AssertCrash(vms["triple-fault-real-0"], "triple fault", KeepsRegisters ? "ud2" : null);
        Assert.Equal(
            !KeepsRegisters,
            vms["triple-fault-0"].GetProperty("message").GetString()!.Contains("registers lost", StringComparison.Ordinal));
        AssertCrash(vms["null-call-0"], "triple fault", instruction: null);
        AssertCrash(vms["port-write-0"], "unclaimed port 0x1234: out", "out dx, al");
        AssertCrash(vms["port-read-0"], "unclaimed port 0x1235: in", "in al, dx");
        AssertCrash(vms["address-write-0"], "unclaimed address 0x30000000: write", "mov [0x30000000], eax");
        AssertCrash(vms["address-read-0"], "unclaimed address 0x30000000: read", "mov eax, [rdi]");
        AssertCrash(vms["read-only-0"], "read-only address 0x100000: write", "mov [rdi]");
        Assert.Equal(16, vms["triple-fault-real-0"].GetProperty("crash").GetProperty("codeBits").GetInt32());

        var refused = vms["registers-0"];
        Assert.Equal("FailedToStart", refused.GetProperty("outcome").GetString());
        Assert.Contains(TestBackend.IsSoftware ? "setting the control registers" : "KVM_SET_SREGS", refused.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("CR0 0x80000000", refused.GetProperty("message").GetString(), StringComparison.Ordinal);
        host.Dispose();
    }

    [VmFact]
    public async Task Run_Crash_IsShownToPeopleWithRegistersAndCode()
    {
        using var host = await HostProcess.RunAsync("--scenario", "crashes");

        Assert.Contains("port-read-0, vCPU 0: unclaimed port 0x1235", host.Error, StringComparison.Ordinal);
        Assert.Contains("RBX    1122334455667788", host.Error, StringComparison.Ordinal);
        Assert.Contains("PE MP ET NE WP AM PG", host.Error, StringComparison.Ordinal);
        Assert.Contains("SCE LME LMA NXE", host.Error, StringComparison.Ordinal);
        Assert.Matches(@">\s+f  ec\s+in al, dx", host.Error);
        Assert.DoesNotContain("\u001b[", host.Error, StringComparison.Ordinal);
    }

    [VmFact]
    public async Task Run_SseInRing0_RunsWhereKvmCanAndElseShowsTheInstruction()
    {
        var (host, results) = await HostProcess.RunJsonAsync("--scenario", "bare-sse");
        using (host)
        {
            var vm = Assert.Single(results.GetProperty("vms").EnumerateArray());
            if (TestMachine.Has(KvmAbility.Ring0Sse))
            {
                Assert.Equal(("Halted", "sse ok\n"), (vm.GetProperty("outcome").GetString(), host.Output));
            }
            else
            {
                AssertCrash(vm, "KVM cannot emulate the instruction", "xorps xmm0, xmm0");
            }
        }
    }

    [VmFact]
    public async Task Run_WithStep_ShowsEachInstruction()
    {
        using var host = await HostProcess.RunAsync("--scenario", "bare-long", "--step", "5");

        Assert.Equal(0, host.ExitCode);
        var steps = host.Error.Split('\n').Where(line => line.Contains(": step, RIP ", StringComparison.Ordinal)).ToList();
        Assert.Equal(5, steps.Count);
        Assert.Contains("RIP 0:", steps[0], StringComparison.Ordinal);
        Assert.Contains("lodsb", host.Error, StringComparison.Ordinal);
        Assert.Equal("ABCD123", host.Output.TrimEnd('\n'));
    }

    [VmFact]
    public async Task Run_WithDumpRegisters_ShowsThemAtEveryExit()
    {
        using var host = await HostProcess.RunAsync("--scenario", "bare-real", "--dump-registers");

        Assert.Equal(0, host.ExitCode);
        Assert.Contains("real-0 vCPU 0: Io out port 0x217", host.Error, StringComparison.Ordinal);
        Assert.Contains("real-0 vCPU 0: Hlt", host.Error, StringComparison.Ordinal);
        Assert.Contains("RDX    0000000000000217", host.Error, StringComparison.Ordinal);
    }

    private static void AssertCrash(JsonElement vm, string message, string? instruction)
    {
        Assert.Equal("Crashed", vm.GetProperty("outcome").GetString());
        Assert.Contains(message, vm.GetProperty("message").GetString(), StringComparison.Ordinal);
        var crash = vm.GetProperty("crash");
        Assert.Equal(vm.GetProperty("message").GetString(), crash.GetProperty("exit").GetString());
        Assert.NotEmpty(crash.GetProperty("registers").EnumerateObject());
        if (instruction is not null)
        {
            Assert.Contains(crash.GetProperty("code").EnumerateArray(), line => line.GetProperty("text").GetString()!.StartsWith(instruction, StringComparison.Ordinal));
        }
    }
}
