namespace KvmActors.Actors.Devices;

/// <summary>A device that a scenario gives to a VM.</summary>
public abstract record DeviceSpec;

/// <summary>A port whose writes go to the VM's console.</summary>
/// <param name="Port">Its number.</param>
public sealed record ConsoleDeviceSpec(ushort Port) : DeviceSpec;
