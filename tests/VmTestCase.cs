using System.ComponentModel;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace KvmActors.Tests;

/// <summary>A test, or a row of a theory, on one backend.</summary>
internal sealed class VmTestCase : XunitTestCase
{
    private bool _isSoftware;

    /// <summary>Makes one.</summary>
    public VmTestCase(
        IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions displayOptions, ITestMethod method, object?[]? arguments, bool isSoftware)
        : base(diagnostics, display, displayOptions, method, arguments) => _isSoftware = isSoftware;

    /// <summary>For the framework, which reads it then.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("For the framework alone.")]
    public VmTestCase()
    {
    }

    public override Task<RunSummary> RunAsync(
        IMessageSink diagnosticMessageSink, IMessageBus messageBus, object[] constructorArguments, ExceptionAggregator aggregator,
        CancellationTokenSource cancellationTokenSource) =>
        VmCase.RunAsync(
            _isSoftware, () => base.RunAsync(diagnosticMessageSink, messageBus, constructorArguments, aggregator, cancellationTokenSource));

    public override void Serialize(IXunitSerializationInfo data)
    {
        base.Serialize(data);
        data.AddValue(nameof(VmCase), _isSoftware);
    }

    public override void Deserialize(IXunitSerializationInfo data)
    {
        _isSoftware = data.GetValue<bool>(nameof(VmCase));
        base.Deserialize(data);
    }

    protected override string GetDisplayName(IAttributeInfo factAttribute, string displayName) =>
        VmCase.NameOf(base.GetDisplayName(factAttribute, displayName), _isSoftware);

    protected override string GetUniqueID() => VmCase.NameOf(base.GetUniqueID(), _isSoftware);
}

/// <summary>A theory on one backend, whose rows are only known when it runs.</summary>
internal sealed class VmTheoryTestCase : XunitTheoryTestCase
{
    private bool _isSoftware;

    /// <summary>Makes one.</summary>
    public VmTheoryTestCase(IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions displayOptions, ITestMethod method, bool isSoftware)
        : base(diagnostics, display, displayOptions, method) => _isSoftware = isSoftware;

    /// <summary>For the framework, which reads it then.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("For the framework alone.")]
    public VmTheoryTestCase()
    {
    }

    public override Task<RunSummary> RunAsync(
        IMessageSink diagnosticMessageSink, IMessageBus messageBus, object[] constructorArguments, ExceptionAggregator aggregator,
        CancellationTokenSource cancellationTokenSource) =>
        VmCase.RunAsync(
            _isSoftware, () => base.RunAsync(diagnosticMessageSink, messageBus, constructorArguments, aggregator, cancellationTokenSource));

    public override void Serialize(IXunitSerializationInfo data)
    {
        base.Serialize(data);
        data.AddValue(nameof(VmCase), _isSoftware);
    }

    public override void Deserialize(IXunitSerializationInfo data)
    {
        _isSoftware = data.GetValue<bool>(nameof(VmCase));
        base.Deserialize(data);
    }

    protected override string GetDisplayName(IAttributeInfo factAttribute, string displayName) =>
        VmCase.NameOf(base.GetDisplayName(factAttribute, displayName), _isSoftware);

    protected override string GetUniqueID() => VmCase.NameOf(base.GetUniqueID(), _isSoftware);
}

/// <summary>What both have in common.</summary>
internal static class VmCase
{
    /// <summary>The name of a test on a backend.</summary>
    public static string NameOf(string test, bool isSoftware) => $"{test} [{(isSoftware ? "software" : "KVM")}]";

    /// <summary>Runs a test, with all that comes of it asking for its backend.</summary>
    public static async Task<RunSummary> RunAsync(bool isSoftware, Func<Task<RunSummary>> run)
    {
        // Of this call's own context, which ends with it.
        TestBackend.IsSoftware = isSoftware;
        return await run();
    }
}
