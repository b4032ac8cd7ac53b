using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>A program that has the terminal which <c>exec</c> was started on.</summary>
public class TerminalTests
{
    [BusyboxOnTerminalFact]
    [Trait("Needs", "Terminal")]
    public async Task Run_Shell_TakesWhatIsTypedAndEditsItsLine()
    {
        var seen = await RunAsync("; echo status=$?", ["sh"], ("# ", "echo $((6*7))\n"), ("\r\n42\r\n", "echo ab\u007fc\n"), ("\r\nac\r\n", "exit 3\n"));

        Assert.Contains("status=3", seen, StringComparison.Ordinal);
    }

    [BusyboxOnTerminalFact]
    [Trait("Needs", "Terminal")]
    public async Task Run_ProgramThatAsks_SeesTheSizeAndTheSettings()
    {
        Assert.Contains("33 91", await RunAsync("", ["stty", "size"]), StringComparison.Ordinal);
        Assert.Contains("erase = ^?", await RunAsync("", ["stty", "-a"]), StringComparison.Ordinal);
    }

    [BusyboxOnTerminalFact]
    [Trait("Needs", "Terminal")]
    public async Task Run_ProgramThatLeavesTheTerminalRaw_FindsItSetBack()
    {
        var seen = await RunAsync("; stty -g", ["stty", "raw", "-echo"]);

        var settings = seen.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, settings.Length);
        Assert.Equal(settings[0], settings[1]);
    }

    [BusyboxOnTerminalFact]
    [Trait("Needs", "Terminal")]
    public async Task Run_ProgramThatEndedInTheMiddleOfDrawing_LeavesTheFirstScreen()
    {
        // It is on the second screen when its time is over.
        var seen = await RunAsync("; stty -g", ["vi"], ["--timeout", "3"]);

        Assert.Contains("\e[?1049h", seen, StringComparison.Ordinal);
        Assert.EndsWith("\e[?1049l", seen[..seen.LastIndexOf("kvmactors: ", StringComparison.Ordinal)].TrimEnd('\r', '\n'), StringComparison.Ordinal);
        var lines = seen.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines[0], lines[^1]);
    }

    [BusyboxOnTerminalFact]
    [Trait("Needs", "Terminal")]
    public async Task Run_ProgramThatReadsLines_SendsTheTerminalNothingToActOn()
    {
        Assert.Contains("red^[]0;t^G^[[2J\r\n", await RunAsync("", ["printf", @"\033[31mred\033]0;t\007\033[2J\n"]), StringComparison.Ordinal);
    }

    private static Task<string> RunAsync(string after, string[] words, params (string Awaited, string Typed)[] dialogue) => RunAsync(after, words, [], dialogue);

    private static Task<string> RunAsync(string after, string[] words, string[] options, params (string Awaited, string Typed)[] dialogue) =>
        HostOnTerminal.ScriptAsync(
            $"stty rows 33 cols 91; {(after.Contains("-g", StringComparison.Ordinal) ? "stty -g; " : "")}"
            + HostOnTerminal.CommandOf(["exec", .. options, BusyboxTheoryAttribute.Path!, .. words]) + after,
            dialogue);
}

/// <summary>A test on each backend that needs a pseudo-terminal and a busybox that is linked statically.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BusyboxOnTerminalFactAttribute : VmFactAttribute
{
    public BusyboxOnTerminalFactAttribute() => Skip = new TerminalFactAttribute().Skip ?? new BusyboxTheoryAttribute().Skip;
}
