namespace KvmActors.Machine.Devices;

/// <summary>What a device saw while its VM ran.</summary>
/// <param name="Type">The device's type, as scenarios name it.</param>
/// <param name="Location">Its port or address.</param>
/// <param name="Count">How often it was written to.</param>
/// <param name="Writes">The first writes, where the device records them.</param>
public sealed record DeviceReport(string Type, ulong Location, long Count, IReadOnlyList<DeviceWrite> Writes);

/// <summary>One write.</summary>
/// <param name="Offset">Bytes from the device's beginning.</param>
/// <param name="Size">How many bytes were written.</param>
/// <param name="Value">What was written.</param>
public sealed record DeviceWrite(ulong Offset, int Size, ulong Value);
