using KvmActors.Machine.Boot;
using KvmActors.Machine.Devices;

namespace KvmActors.Machine.WarmStart;

/// <summary>What is asked of a machine besides its description, as far as warm starts are concerned.</summary>
/// <param name="Start">How its instances are to start.</param>
/// <param name="InheritsInput">Whether it reads the process's own standard input.</param>
/// <param name="IsObserved">Whether somebody watches each of its exits.</param>
public sealed record WarmStartWishes(VmStart Start, bool InheritsInput, bool IsObserved);

/// <summary>
/// Whether instances of a machine may start warm, which is decided once for each description: not when something outside of
/// memory and vCPUs keeps state from one guest to the next, or somebody watches closely.
/// </summary>
/// <param name="ColdReason">Why each starts cold, in words for the person who described it; null when they may start warm.</param>
public sealed record WarmStartDecision(string? ColdReason)
{
    /// <summary>Whether they may start warm.</summary>
    public bool IsWarm => ColdReason is null;

    /// <summary>Decides.</summary>
    public static WarmStartDecision For(MachineSpec spec, WarmStartWishes wishes)
    {
        if (wishes.Start == VmStart.Cold)
        {
            return new WarmStartDecision("Start is Cold, as it is by default for a single instance");
        }

        if (wishes.InheritsInput)
        {
            return new WarmStartDecision("it reads the process's own standard input, of which there is one");
        }

        if (wishes.IsObserved)
        {
            return new WarmStartDecision("every exit is watched");
        }

        return new WarmStartDecision(spec.Devices.Select(device => KeptBy(device, spec.VcpusAtStart)).FirstOrDefault(reason => reason is not null));
    }

    private static string? KeptBy(DeviceSpec device, int vcpus) => device switch
    {
        DebugExitSpec or ConsoleDeviceSpec { IsCoalesced: false } => null,
        ConsoleDeviceSpec when vcpus == 1 => null,
        ConsoleDeviceSpec console => $"the coalesced console at port 0x{console.Port:x} is shared by {vcpus} vCPUs",
        SerialDeviceSpec serial => $"the serial port at 0x{serial.Port:x} keeps state",
        RegisterBankSpec bank => $"the register bank at 0x{bank.Address:x} keeps state",
        DoorbellSpec doorbell => $"the doorbell at port 0x{doorbell.Port:x} keeps state",
        CustomDeviceSpec custom => $"the device {custom.Name} may keep state",
        _ => "a device keeps state",
    };
}
