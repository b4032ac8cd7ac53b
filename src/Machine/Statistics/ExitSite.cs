using System.Globalization;

namespace KvmActors.Machine.Statistics;

/// <summary>What kind of place a guest accessed.</summary>
public enum ExitSiteKind
{
    /// <summary>A port.</summary>
    Port,

    /// <summary>A device in memory.</summary>
    Device,

    /// <summary>An address that no device claims.</summary>
    Unclaimed,

    /// <summary>Any port that found no row of its own.</summary>
    OtherPorts,

    /// <summary>Any address that found no row of its own.</summary>
    OtherAddresses,
}

/// <summary>A place at which a guest exits.</summary>
/// <param name="Kind">What kind.</param>
/// <param name="Location">The port, or the device's first address.</param>
/// <param name="Device">The device's type, as scenarios name it; null for ports.</param>
public readonly record struct ExitSite(ExitSiteKind Kind, ulong Location, string? Device = null)
{
    /// <summary>A port.</summary>
    public static ExitSite Port(ushort port) => new(ExitSiteKind.Port, port);

    /// <summary>Whether guests exit here with KVM_EXIT_IO; otherwise it is KVM_EXIT_MMIO.</summary>
    public bool IsPort => Kind is ExitSiteKind.Port or ExitSiteKind.OtherPorts;

    /// <summary>As people read it: <c>port 0x3f8</c>, <c>RegisterBank 0xd0000000</c>.</summary>
    public override string ToString() => Kind switch
    {
        ExitSiteKind.Port => string.Create(CultureInfo.InvariantCulture, $"port 0x{Location:x}"),
        ExitSiteKind.Device => string.Create(CultureInfo.InvariantCulture, $"{Device} 0x{Location:x}"),
        ExitSiteKind.Unclaimed => string.Create(CultureInfo.InvariantCulture, $"unclaimed 0x{Location:x}"),
        ExitSiteKind.OtherPorts => "other ports",
        _ => "other addresses",
    };
}
