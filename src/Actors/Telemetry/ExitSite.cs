using System.Globalization;

namespace KvmActors.Actors.Telemetry;

/// <summary>What kind of place a guest accessed.</summary>
public enum ExitSiteKind
{
    /// <summary>A port.</summary>
    Port,

    /// <summary>A device in memory.</summary>
    Device,

    /// <summary>An address that no device claims.</summary>
    Unclaimed,

    /// <summary>Any place that found no row of its own.</summary>
    Other,
}

/// <summary>A place at which a guest exits.</summary>
/// <param name="Kind">What kind.</param>
/// <param name="Location">The port, or the device's first address.</param>
/// <param name="Device">The device's type, as scenarios name it; null for ports.</param>
public readonly record struct ExitSite(ExitSiteKind Kind, ulong Location, string? Device = null)
{
    /// <summary>Stands for all places that found no row of their own.</summary>
    public static ExitSite Other => new(ExitSiteKind.Other, 0);

    /// <summary>A port.</summary>
    public static ExitSite Port(ushort port) => new(ExitSiteKind.Port, port);

    /// <summary>As people read it: <c>port 0x3f8</c>, <c>RegisterBank 0xd0000000</c>.</summary>
    public override string ToString() => Kind switch
    {
        ExitSiteKind.Port => string.Create(CultureInfo.InvariantCulture, $"port 0x{Location:x}"),
        ExitSiteKind.Device => string.Create(CultureInfo.InvariantCulture, $"{Device} 0x{Location:x}"),
        ExitSiteKind.Unclaimed => string.Create(CultureInfo.InvariantCulture, $"unclaimed 0x{Location:x}"),
        _ => "other",
    };
}
