using KvmActors.Interop.Kvm;
using KvmActors.Interop.Sandbox;
using KvmActors.Machine.Statistics;

namespace KvmActors.Host.Configuration;

/// <summary>The <c>Kvm</c> section.</summary>
internal sealed class KvmOptions
{
    /// <summary>The device node.</summary>
    public string Device { get; set; } = KvmDevice.DefaultPath;
}

/// <summary>The <c>Sandbox</c> section.</summary>
internal sealed class SandboxOptions
{
    /// <summary>How far threads that serve a guest are confined: On, Log or Off.</summary>
    public string? Mode { get; set; } = nameof(SandboxMode.On);
}

/// <summary>The <c>Telemetry</c> section.</summary>
internal sealed class TelemetryOptions
{
    /// <summary>Which exits become spans.</summary>
    public ExitSamplingOptions ExitSampling { get; set; } = new();
}

/// <summary>The <c>Logging</c> section, as far as it means something here.</summary>
internal sealed class LoggingOptions
{
    /// <summary>From which <see cref="Microsoft.Extensions.Logging.LogLevel"/> on a category is logged.</summary>
    public Dictionary<string, string> LogLevel { get; set; } = [];
}
