using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace KvmActors.Tests;

/// <summary>
/// xunit's framework, which also leaves the reason of each test that it skips in skipped-tests.txt beside the assembly: after the last
/// suite, <c>dotnet test KvmActors.sln</c> says them all (skipped-tests).
/// </summary>
internal sealed class SkipNotes(IMessageSink diagnostics) : XunitTestFramework(diagnostics)
{
    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName) =>
        new Executor(assemblyName, SourceInformationProvider, DiagnosticMessageSink);

    private sealed class Executor(AssemblyName assembly, ISourceInformationProvider sources, IMessageSink diagnostics)
        : XunitTestFrameworkExecutor(assembly, sources, diagnostics)
    {
        protected override void RunTestCases(IEnumerable<IXunitTestCase> testCases, IMessageSink executionMessageSink, ITestFrameworkExecutionOptions executionOptions) =>
            base.RunTestCases(testCases, new Sink(executionMessageSink), executionOptions);
    }

    private sealed class Sink(IMessageSink next) : LongLivedMarshalByRefObject, IMessageSink
    {
        private readonly List<string> _reasons = [];

        public bool OnMessage(IMessageSinkMessage message)
        {
            lock (_reasons)
            {
                if (message is ITestSkipped skipped)
                {
                    _reasons.Add(skipped.Reason.ReplaceLineEndings(" "));
                }
                else if (message is ITestAssemblyFinished)
                {
                    WriteReasons();
                }
            }

            return next.OnMessage(message);
        }

        private void WriteReasons()
        {
            var file = Path.Combine(AppContext.BaseDirectory, "skipped-tests.txt");
            if (_reasons.Count > 0)
            {
                File.WriteAllLines(file, _reasons);
            }
            else
            {
                File.Delete(file);
            }
        }
    }
}
