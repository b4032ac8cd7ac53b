using System.Text.Json;
using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;
using KvmActors.Host.Output;
using KvmActors.Host.Tests.Inspection;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;

namespace KvmActors.Host.Tests.Output;

/// <summary>The format is a promise to other programs: these texts may grow, but nothing in them may change.</summary>
public sealed class CrashDocumentTests
{
    private static readonly JsonElement Crash = Write(new VmResult { Id = "vm-0", Name = "vm", Outcome = VmOutcome.Crashed, Crash = SampleCrash.PageFault });

    [Fact]
    public void From_NoCrash_IsNothing() => Assert.Null(CrashDocument.From(null));

    [Fact]
    public void From_CrashInSoftware_HasInstructionsAndBranches()
    {
        var crash = Write(new VmResult
        {
            Id = "vm-0",
            Name = "vm",
            Outcome = VmOutcome.Crashed,
            Crash = SampleCrash.PageFault with { Instructions = 1234, Branches = [new Branch(0x7000, 0x8000)] },
        });

        Assert.Equal("1234", JsonSerializer.Serialize(crash.GetProperty("instructions")));
        Assert.Equal("""[{"from":"0x7000","fromSymbol":null,"to":"0x8000","toSymbol":null}]""", JsonSerializer.Serialize(crash.GetProperty("branches")));
    }

    [Theory]
    [InlineData("instructions", "null")]
    [InlineData("branches", "[]")]
    [InlineData("vcpu", "1")]
    [InlineData("exit", "\"triple fault\"")]
    [InlineData("codeBits", "64")]
    [InlineData("program", "null")]
    [InlineData("backtrace", """[{"address":"0x7005","symbol":null,"origin":"rip"},{"address":"0x7100","symbol":null,"origin":"stack scan"}]""")]
    [InlineData("rflags", """["IF","IOPL3"]""")]
    [InlineData("stack", "\"0102030405060708ff\"")]
    [InlineData("ripWalk", """{"linear":"0x7005","steps":[],"physical":"0x7005"}""")]
    [InlineData(
        "cr2Walk",
        """{"linear":"0xdead000","steps":[{"level":"PML4E","address":"0x1000","entry":"0x2007"},{"level":"PDPTE","address":"0x2018","entry":null}],"physical":null}""")]
    [InlineData(
        "code",
        """
        [{"address":"0x7000","bytes":"ba34120000","text":"mov edx, 0x1234","current":false},
        {"address":"0x7005","bytes":"ec","text":"in al, dx","current":true},{"address":"0x7006","bytes":"f4","text":"hlt","current":false}]
        """)]
    public void From_Crash_IsThePromisedText(string key, string expected) =>
        Assert.Equal(expected.ReplaceLineEndings(""), JsonSerializer.Serialize(Crash.GetProperty(key)));

    [Theory]
    [InlineData("registers", "rip", "\"0x7005\"")]
    [InlineData("registers", "rflags", "\"0x3202\"")]
    [InlineData("segments", "cs", """{"selector":"0x8","base":"0x0","limit":"0xffffffff","type":11,"dpl":3}""")]
    [InlineData("segments", "ldtr", """{"selector":"0x0","base":"0x0","limit":"0x0","type":0,"dpl":0}""")]
    [InlineData("control", "cr0", """{"value":"0x80000001","flags":["PE","PG"]}""")]
    [InlineData("control", "cr2", """{"value":"0xdead000","flags":[]}""")]
    public void From_Crash_HasItsRegistersByName(string key, string register, string expected) =>
        Assert.Equal(expected, JsonSerializer.Serialize(Crash.GetProperty(key).GetProperty(register)));

    private static JsonElement Write(VmResult vm)
    {
        using var stream = new MemoryStream();
        ResultDocument.From(new ScenarioResult("test", TimeSpan.Zero, WasCancelled: false, [vm], new ExitStatistics()), SampleResults.Facts).WriteTo(stream);
        stream.Position = 0;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.GetProperty("vms")[0].GetProperty("crash").Clone();
    }
}
