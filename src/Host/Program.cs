using KvmActors.Host;
using KvmActors.Host.CommandLine;
using KvmActors.Host.Output;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Library.Checking;
using KvmActors.Library.Hosting;

// Before anything else: it may have the process start again.
if (!StandardStreams.AreThere)
{
    StandardStreams.StartAgain();
    HostExit.EndNow(ExitCodes.BadUsage);
}

// Everything of ours goes to standard error: standard output belongs to the guests.
StandardStream.TakeOverConsole();
HostExit.SurviveFileSizeLimit();
try
{
    var parsed = CommandLineParser.Parse(NativeArguments.Read(args));
    if (parsed.Errors.Count > 0)
    {
        return Fail(ExitCodes.BadUsage, parsed.Errors.Select(error => error.Message));
    }

    // Signals are ours: the library would end the process after two seconds, its results unwritten.
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
catch (StandardOutputException e)
{
    return Fail(ExitCodes.OutputFailed, [e.Message]);
}
catch (Exception e)
{
    // What nobody foresaw, before the first guest: a run that has begun makes a result of it.
    return Fail(ExitCodes.BadUsage, [$"{e.GetType().Name}: {e.Message}"]);
}

static int Fail(int exitCode, IEnumerable<string> problems)
{
    foreach (var problem in problems)
    {
        ErrorLine.Write(problem);
    }

    return exitCode;
}
