namespace KvmActors.Machine.Recording;

/// <summary>What to keep of a scenario's exits besides their statistics, for the report and the timeline.</summary>
/// <param name="TimelineExits">
/// How many exits each vCPU's timeline keeps, the newest; 0 for no timeline. Each takes about 90 bytes while the vCPU runs.
/// </param>
public sealed record RecordingOptions(int TimelineExits);
