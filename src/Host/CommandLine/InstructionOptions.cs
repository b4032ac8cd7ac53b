using System.CommandLine;
using KvmActors.Host.Output;
using KvmActors.Machine.Stepping;

namespace KvmActors.Host.CommandLine;

/// <summary>Options for looking at single instructions, of a run and of <c>exec</c>; in software only.</summary>
internal static class InstructionOptions
{
    /// <summary>Where every instruction is written down.</summary>
    public static Option<string?> CreateTrace() => new(InstructionTraceFile.Option)
    {
        Description = "Write every instruction executed to a file, with the registers it changed: text, compressed by gzip, or by Brotli where the "
            + "name ends in .br. In software only.",
        HelpName = "FILE.gz",
    };

    /// <summary>Where VMs are to be stopped.</summary>
    public static Option<string?> CreateUntil()
    {
        var until = new Option<string?>("--until")
        {
            Description = "Stop each VM before the instruction at an address (0x401000), or after a number of instructions of a vCPU (401000), and show "
                + "its state. In software only.",
            HelpName = "RIP|COUNT",
        };
        until.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && StopPointText.Parse(token.Value) is null)
            {
                result.AddError($"--until: '{token.Value}' is neither an address (0x401000) nor a number of instructions (401000)");
            }
        });
        return until;
    }

    /// <summary>What the latter means; null when it was not given.</summary>
    public static StopPoint? ReadUntil(string? text) => text is null ? null : StopPointText.Parse(text);
}
