using KvmActors.Interop.Kvm;
using KvmActors.Machine.Statistics;

namespace KvmActors.Host.Configuration;

/// <summary>The <c>Kvm</c> section.</summary>
internal sealed class KvmOptions
{
    /// <summary>The device node.</summary>
    public string Device { get; set; } = KvmDevice.DefaultPath;
}

/// <summary>The <c>Telemetry</c> section.</summary>
internal sealed class TelemetryOptions
{
    /// <summary>Which exits become spans.</summary>
    public ExitSamplingOptions ExitSampling { get; set; } = new();
}
