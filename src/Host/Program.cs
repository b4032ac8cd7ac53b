using KvmActors.Host;
using KvmActors.Host.CommandLine;
using KvmActors.Host.Configuration;
using KvmActors.Host.Running;

// Everything of ours goes to standard error: standard output belongs to the guests.
try
{
    var parsed = CommandLineParser.Create().Parse(CommandLineParser.SeparateProgram(args));
    if (parsed.Errors.Count > 0)
    {
        return Fail(ExitCodes.BadUsage, parsed.Errors.Select(error => error.Message));
    }

    // Signals are the Generic Host's: the library would end the process after two seconds, its results unwritten.
    return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (ConfigurationException e)
{
    return Fail(ExitCodes.BadUsage, e.Problems);
}
catch (KvmUnavailableException e)
{
    return Fail(ExitCodes.NoKvm, [e.Message]);
}
catch (IOException e)
{
    // What reads files of its own says which; what is left is a closed or full standard output.
    return Fail(ExitCodes.OutputFailed, [$"standard output: {e.Message}"]);
}

static int Fail(int exitCode, IEnumerable<string> problems)
{
    foreach (var problem in problems)
    {
        Console.Error.WriteLine($"kvmactors: {problem}");
    }

    return exitCode;
}
