using System.Globalization;

namespace KvmActors.Host;

/// <summary>Numbers for people.</summary>
internal static class Units
{
    /// <summary>A duration with three significant digits, for example <c>12.3 µs</c>.</summary>
    public static string Duration(double nanoseconds) => nanoseconds switch
    {
        < 999.5 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:0} ns"),
        < 999.5e3 => Digits(nanoseconds / 1e3, "µs"),
        < 999.5e6 => Digits(nanoseconds / 1e6, "ms"),
        _ => Digits(nanoseconds / 1e9, "s"),
    };

    /// <summary>A count with its thousands apart.</summary>
    public static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Digits(double value, string unit)
    {
        var format = value < 9.995 ? "0.00" : value < 99.95 ? "0.0" : "0";
        return value.ToString(format, CultureInfo.InvariantCulture) + " " + unit;
    }
}
