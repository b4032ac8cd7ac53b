using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace KvmActors.Tests;

/// <summary>An attribute of a test that makes its cases itself.</summary>
internal interface ICaseMaker
{
    /// <summary>Makes them; there may be none.</summary>
    /// <param name="options">As for other tests.</param>
    /// <param name="method">The test.</param>
    /// <param name="attribute">The attribute.</param>
    /// <param name="diagnostics">Where the framework says what is wrong.</param>
    IEnumerable<IXunitTestCase> MakeCases(ITestFrameworkDiscoveryOptions options, ITestMethod method, IAttributeInfo attribute, IMessageSink diagnostics);
}

/// <summary>
/// xunit's framework, which lets attributes make their tests' cases (<see cref="ICaseMaker"/>), and leaves the reason of each test that
/// it skips in skipped-tests.txt beside the assembly: after the last suite, <c>dotnet test KvmActors.sln</c> says them all
/// (skipped-tests).
/// </summary>
internal sealed class SuiteFramework(IMessageSink diagnostics) : XunitTestFramework(diagnostics)
{
    protected override ITestFrameworkDiscoverer CreateDiscoverer(IAssemblyInfo assemblyInfo) =>
        new Discoverer(assemblyInfo, SourceInformationProvider, DiagnosticMessageSink);

    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName) =>
        new Executor(assemblyName, SourceInformationProvider, DiagnosticMessageSink);

    private sealed class Discoverer(IAssemblyInfo assembly, ISourceInformationProvider sources, IMessageSink diagnostics)
        : XunitTestFrameworkDiscoverer(assembly, sources, diagnostics)
    {
        protected override bool FindTestsForMethod(
            ITestMethod testMethod, bool includeSourceInformation, IMessageBus messageBus, ITestFrameworkDiscoveryOptions discoveryOptions) =>
            testMethod.Method.GetCustomAttributes(typeof(FactAttribute)).ToList() is [IReflectionAttributeInfo { Attribute: ICaseMaker maker } attribute]
                ? maker.MakeCases(discoveryOptions, testMethod, attribute, DiagnosticMessageSink)
                    .All(test => ReportDiscoveredTestCase(test, includeSourceInformation, messageBus))
                : base.FindTestsForMethod(testMethod, includeSourceInformation, messageBus, discoveryOptions);
    }

    private sealed class Executor(AssemblyName assembly, ISourceInformationProvider sources, IMessageSink diagnostics)
        : XunitTestFrameworkExecutor(assembly, sources, diagnostics)
    {
        protected override ITestFrameworkDiscoverer CreateDiscoverer() => new Discoverer(AssemblyInfo, SourceInformationProvider, DiagnosticMessageSink);

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
