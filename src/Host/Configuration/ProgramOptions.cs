using KvmActors.Host.Configuration.Reading;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Sandbox;
using KvmActors.Machine.Statistics;
using Microsoft.Extensions.Logging;

namespace KvmActors.Host.Configuration;

/// <summary>What a scenario's file may hold.</summary>
internal sealed class FileSections
{
    /// <summary>The JSON schema that an editor is to check the file by; the program does not read it.</summary>
    [JsonName("$schema")]
    public string? Schema { get; set; }

    /// <summary>The scenario.</summary>
    [Needed]
    public ScenarioOptions? Scenario { get; set; }

    /// <summary>How KVM is reached.</summary>
    public KvmOptions? Kvm { get; set; }

    /// <summary>How threads that serve a guest are confined.</summary>
    public SandboxOptions? Sandbox { get; set; }

    /// <summary>What of a run is traced.</summary>
    public TelemetryOptions? Telemetry { get; set; }

    /// <summary>What the program tells of itself.</summary>
    public LoggingOptions? Logging { get; set; }
}

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
    [OneOf(typeof(SandboxMode))]
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
    /// <summary>From which <see cref="LogLevel"/> on a category is logged.</summary>
    [OneOf(typeof(LogLevel))]
    public Dictionary<string, string> LogLevel { get; set; } = [];
}
