using System.CommandLine;
using System.CommandLine.Invocation;

namespace KvmActors.Host.CommandLine;

/// <summary>What <c>--version</c> does: the program's name and version, in a line on standard output.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        Console.Out.WriteLine($"kvmactors {ProgramVersion.Current}");
        return ExitCodes.Success;
    }
}
