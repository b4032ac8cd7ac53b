using System.Text.Json;
using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;
using KvmActors.Host.Output;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Sandbox;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Host.Tests.Output;

/// <summary>What <c>--json</c> says of a VM beyond the sample of <see cref="ResultDocumentTests"/>.</summary>
public sealed class VmDocumentTests
{
    private static readonly VmResult Vm = new() { Id = "vm-0", Name = "vm", Outcome = VmOutcome.Exited };

    [Fact]
    public void WriteTo_ColdStart_SaysWhy()
    {
        var vm = Write(Vm with { Start = VmStart.Cold, ColdReason = "every exit is watched" });

        Assert.Equal(("Cold", "every exit is watched"), (vm.GetProperty("start").GetString(), vm.GetProperty("coldReason").GetString()));
    }

    [Fact]
    public void WriteTo_WarmStart_HasNoReason()
    {
        var vm = Write(Vm with { Start = VmStart.Warm });

        Assert.Equal(("Warm", JsonValueKind.Null), (vm.GetProperty("start").GetString(), vm.GetProperty("coldReason").ValueKind));
    }

    [Fact]
    public void WriteTo_InSoftware_SaysSo() => Assert.Equal("Software", Write(Vm with { Backend = Backend.Software }).GetProperty("backend").GetString());

    [Fact]
    public void WriteTo_Trace_IsTold()
    {
        var vm = Write(Vm with { Instructions = 5, TraceHash = "00ff" });

        Assert.Equal((5L, "00ff"), (vm.GetProperty("instructions").GetInt64(), vm.GetProperty("traceHash").GetString()));
    }

    [Fact]
    public void WriteTo_UnknownInstructions_AreCounted()
    {
        var vm = Write(Vm with { UnknownInstructions = new Dictionary<string, long> { ["vaddps"] = 2 } });

        Assert.Equal("""{"vaddps":2}""", Compact(vm.GetProperty("unknownInstructions")));
    }

    [Fact]
    public void WriteTo_Sandbox_SaysWhatHeld()
    {
        var state = new SandboxState(SandboxMode.On) { LandlockAbi = 7, Seccomp = true, ReadOnlyBinds = false, ReadOnlyBindsProblem = "unshare failed", Capabilities = [] };

        Assert.Equal(
            """{"mode":"on","landlockAbi":7,"seccomp":true,"readOnlyBinds":false,"readOnlyBindsProblem":"unshare failed","capabilities":[]}""",
            Compact(Write(Vm with { Sandbox = state }).GetProperty("sandbox")));
        Assert.Equal("null", Compact(Write(Vm with { Sandbox = SandboxState.Off }).GetProperty("sandbox")));
    }

    [Fact]
    public void WriteTo_KilledAndStartedAgain_SaysSo()
    {
        var vm = Write(Vm with { Outcome = VmOutcome.Panicked, Signal = 11, Restarts = 2, IsQuarantined = true, MissingSystemCalls = new Dictionary<string, long> { ["socket"] = 3 } });

        Assert.Equal(
            (11, 2, true),
            (vm.GetProperty("signal").GetInt32(), vm.GetProperty("restarts").GetInt32(), vm.GetProperty("quarantined").GetBoolean()));
        Assert.Equal(JsonValueKind.Null, vm.GetProperty("exitCode").ValueKind);
        Assert.Equal("""{"socket":3}""", Compact(vm.GetProperty("missingSystemCalls")));
    }

    [Fact]
    public void WriteTo_Devices_SayWhatTheySaw() => Assert.Equal(
        """[{"type":"RegisterBank","location":"0xfed00000","count":9,"writes":[{"offset":"0x8","size":8,"value":"0xffffffffffffffff"}]}]""",
        Compact(Write(Vm with { Devices = [new DeviceReport("RegisterBank", 0xFED0_0000, 9, [new DeviceWrite(8, 8, ulong.MaxValue)])] }).GetProperty("devices")));

    [Fact]
    public void WriteTo_ReadBack_IsHexadecimal() => Assert.Equal(
        """[{"address":"0x400","bytes":"2a00ff"},{"address":"0xffffffffffffffff","bytes":""}]""",
        Compact(Write(Vm with { ReadBack = [new MemoryDump(0x400, [0x2A, 0, 0xFF]), new MemoryDump(ulong.MaxValue, [])] }).GetProperty("readBack")));

    [Fact]
    public void WriteTo_Vcpu_HasItsEndAndRegisters()
    {
        var result = new VcpuResult(3, new Dictionary<VcpuExitReason, long> { [VcpuExitReason.Mmio] = 1L << 40 })
        {
            End = VcpuEndKind.Killed,
            Status = 7,
            Registers = new kvm_regs { rax = 42, rip = 0x1000, r15 = ulong.MaxValue },
        };

        var vcpu = Write(Vm with { Vcpus = [result] }).GetProperty("vcpus")[0];

        Assert.Equal((3, "Killed", 7), (vcpu.GetProperty("index").GetInt32(), vcpu.GetProperty("end").GetString(), vcpu.GetProperty("exitCode").GetInt32()));
        Assert.Equal("""{"Mmio":1099511627776}""", Compact(vcpu.GetProperty("exits")));
        var registers = vcpu.GetProperty("registers");
        Assert.Equal(18, registers.EnumerateObject().Count());
        Assert.Equal(
            ["0x2a", "0x1000", "0xffffffffffffffff", "0x0"],
            ((string[])["rax", "rip", "r15", "rflags"]).Select(name => registers.GetProperty(name).GetString()));
    }

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element);

    private static JsonElement Write(VmResult vm)
    {
        using var stream = new MemoryStream();
        ResultDocument.From(new ScenarioResult("test", TimeSpan.Zero, WasCancelled: false, [vm], new ExitStatistics()), SampleResults.Facts).WriteTo(stream);
        stream.Position = 0;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.GetProperty("vms")[0].Clone();
    }
}
