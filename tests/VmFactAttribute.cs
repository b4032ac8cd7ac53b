using System.Diagnostics.CodeAnalysis;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace KvmActors.Tests;

/// <summary>
/// A test whose guests run on each backend there is: a case on KVM where that can be used, and one in software
/// (<see cref="TestBackend"/>). What is about KVM itself is a <see cref="KvmFactAttribute"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
[SuppressMessage("Performance", "CA1852:Seal internal types", Justification = "Some suites have a more special one.")]
internal class VmFactAttribute : FactAttribute, ICaseMaker
{
    /// <summary>Whether it runs in software even where only a share of its suite does.</summary>
    public bool AlwaysInSoftware { get; set; }

    /// <inheritdoc/>
    public IEnumerable<IXunitTestCase> MakeCases(
        ITestFrameworkDiscoveryOptions options, ITestMethod method, IAttributeInfo attribute, IMessageSink diagnostics) =>
        TestBackend.Choose(isSoftware => new Discoverer(diagnostics, isSoftware).Discover(options, method, attribute), AlwaysInSoftware);

    private sealed class Discoverer(IMessageSink diagnostics, bool isSoftware) : FactDiscoverer(diagnostics)
    {
        protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
            new VmTestCase(
                DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod, null, isSoftware);
    }
}

/// <summary>As <see cref="VmFactAttribute"/>, for theories.</summary>
[AttributeUsage(AttributeTargets.Method)]
[SuppressMessage("Performance", "CA1852:Seal internal types", Justification = "Some suites have a more special one.")]
internal class VmTheoryAttribute : TheoryAttribute, ICaseMaker
{
    /// <summary>Whether it runs in software even where only a share of its suite does.</summary>
    public bool AlwaysInSoftware { get; set; }

    /// <inheritdoc/>
    public IEnumerable<IXunitTestCase> MakeCases(
        ITestFrameworkDiscoveryOptions options, ITestMethod method, IAttributeInfo attribute, IMessageSink diagnostics) =>
        TestBackend.Choose(isSoftware => new Discoverer(diagnostics, isSoftware).Discover(options, method, attribute), AlwaysInSoftware);

    private sealed class Discoverer(IMessageSink diagnostics, bool isSoftware) : TheoryDiscoverer(diagnostics)
    {
        protected override IEnumerable<IXunitTestCase> CreateTestCasesForDataRow(
            ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo theoryAttribute, object?[] dataRow) =>
            [Create(discoveryOptions, testMethod, dataRow)];

        protected override IEnumerable<IXunitTestCase> CreateTestCasesForSkip(
            ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo theoryAttribute, string skipReason) =>
            [Create(discoveryOptions, testMethod, null)];

        protected override IEnumerable<IXunitTestCase> CreateTestCasesForTheory(
            ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo theoryAttribute) =>
        [
            new VmTheoryTestCase(
                DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod, isSoftware),
        ];

        private VmTestCase Create(ITestFrameworkDiscoveryOptions options, ITestMethod method, object?[]? dataRow) =>
            new(DiagnosticMessageSink, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), method, dataRow, isSoftware);
    }
}
