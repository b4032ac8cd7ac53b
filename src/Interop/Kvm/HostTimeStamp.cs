namespace KvmActors.Interop.Kvm;

/// <summary>Whether the host's kernel keeps its own time by the processor's time stamp counter: where it does not, the counter is none to go by.</summary>
internal static class HostTimeStamp
{
    private const string Path = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

    private static readonly string[] ByCounter = ["tsc", "kvm-clock", "hyperv_clocksource_tsc_page"];

    // Asked once, when the device is opened: a thread that serves guests may not ask.
    private static readonly Lazy<bool> Trusted = new(Read);

    /// <summary>Whether it does.</summary>
    public static bool IsTrusted => Trusted.Value;

    private static bool Read()
    {
        try
        {
            return ByCounter.Contains(File.ReadAllText(Path).Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
