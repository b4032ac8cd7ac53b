using KvmActors.Host.Inspection;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Processor;
using Spectre.Console;

namespace KvmActors.Host.Tests.Inspection;

public sealed class CrashReportTextTests
{
    private static readonly string[] Lines = Write(SampleCrash.PageFault);

    [Fact]
    public void Write_Crash_BeginsWithWhoseItIs() => Assert.Equal("reader-0, vCPU 1: triple fault", Lines[0]);

    [Theory]
    [InlineData("  RAX    123456789abcdef0  RBX    0000000000000000  RCX    0000000000000000  RDX    0000000000000000")]
    [InlineData("  RIP    0000000000007005  RFLAGS 0000000000003202 IF IOPL3")]
    [InlineData("  CS     0008 base 0000000000000000 limit ffffffff type b dpl 3 present 64-bit")]
    [InlineData("  TR     0000 base 0000000000000000 limit 00000000 type b dpl 0 not present system unusable")]
    [InlineData("  CR0    0000000080000001 PE PG")]
    [InlineData("  stack at 9000: 0102030405060708 ff")]
    [InlineData("  RIP 7005 > physical 7005")]
    [InlineData("  CR2 dead000 > PML4E 1000: 0000000000002007 > PDPTE 2018: outside memory > not mapped")]
    [InlineData("  code, 64-bit:")]
    [InlineData("                7000  ba34120000                      mov edx, 0x1234")]
    [InlineData("  >             7005  ec                              in al, dx")]
    public void Write_Crash_HasTheLine(string line) => Assert.Contains(line, Lines);

    [Fact]
    public void Write_NothingReadable_SaysSo()
    {
        var lines = Write(SampleCrash.PageFault with { Code = [], Stack = [] });

        Assert.Contains("  stack at 9000: not readable", lines);
        Assert.DoesNotContain(lines, line => line.Contains("in al, dx", StringComparison.Ordinal));
    }

    [Fact]
    public void Write_BranchesRemembered_ShowsTheNewest16()
    {
        var lines = Write(SampleCrash.PageFault with { Branches = [.. Enumerable.Range(0, 1000).Select(index => new Branch(0x7000 + (ulong)index, 0x8000))] });

        var branches = lines.SkipWhile(line => line != "  last branches:").Skip(1).TakeWhile(line => line.StartsWith("    ", StringComparison.Ordinal)).ToList();
        Assert.Equal(16, branches.Count);
        Assert.Equal(("    00000000000073d8 ? -> 0000000000008000 ?", "    00000000000073e7 ? -> 0000000000008000 ?"), (branches[0], branches[^1]));
        Assert.DoesNotContain("  last branches:", Lines);
    }

    [Fact]
    public void Write_BranchesOfAProgramAndItsKernel_ShowsTheProgramsOwn()
    {
        var program = new ProgramState(default, 0, 0) { Areas = [new ProgramArea(0x40_0000, 0x40_1000, true, false, true)] };
        Branch[] kernel = [.. Enumerable.Repeat(new Branch(0xFFFF_8000_0000_0000, 0xFFFF_8000_0000_0010), 50)];

        var lines = Write(SampleCrash.PageFault with { Program = program, Branches = [new Branch(0x40_0010, 0x40_0020), .. kernel] });

        Assert.Contains("    0000000000400010 ? -> 0000000000400020 ?", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("    ffff8000", StringComparison.Ordinal));
    }

    [Fact]
    public void Write_TextInBrackets_IsNoMarkup() =>
        Assert.Equal("reader-0, vCPU 1: [red]port[/] 0x99 [x", Write(SampleCrash.PageFault with { Exit = "[red]port[/] 0x99 [x" })[0]);

    private static string[] Write(CrashReport crash)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer), Ansi = AnsiSupport.No });
        console.Profile.Width = 200;
        CrashReportText.Write(console, "reader-0", crash);
        return [.. writer.ToString().Split('\n').Select(line => line.TrimEnd())];
    }
}
