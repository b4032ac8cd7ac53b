using System.Globalization;
using KvmActors.Machine.Stepping;

namespace KvmActors.Host.CommandLine;

/// <summary>How people write where a VM is to be stopped (<c>--until</c>).</summary>
internal static class StopPointText
{
    /// <summary>Reads one: <c>0x401000</c> is a RIP, <c>401000</c> a number of instructions.</summary>
    /// <returns>Null when it is neither.</returns>
    public static StopPoint? Parse(string text) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var rip) ? new StopPoint(rip, null) : null
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? new StopPoint(null, count) : null;
}
