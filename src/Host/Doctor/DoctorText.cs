namespace KvmActors.Host.Doctor;

/// <summary>The findings for people.</summary>
internal static class DoctorText
{
    private const double GiB = 1L << 30;

    /// <summary>Writes them.</summary>
    public static void Write(TextWriter writer, DoctorFindings findings)
    {
        var machine = findings.Machine;
        writer.WriteLine($"{findings.Device} on {machine.Kernel}");
        writer.WriteLine($"{machine.Processor}, {machine.Processors} processors, hardware virtualization: {machine.HardwareVirtualization}");
        writer.WriteLine($"{machine.MemoryBytes / GiB:0.0} GiB of memory, {machine.AvailableMemoryBytes / GiB:0.0} GiB of it available; open files: {LimitText(machine.OpenFilesLimit)}");
        if (findings.Limits is { } limits)
        {
            writer.WriteLine($"a VM: {limits.MaxVcpus} vCPUs ({limits.RecommendedVcpus} recommended), {limits.MemorySlots} memory ranges, {limits.PhysicalAddressBits} address bits");
        }

        writer.WriteLine();
        var width = findings.Abilities.Max(finding => AbilityAdvice.NameOf(finding.Ability).Length);
        foreach (var finding in findings.Abilities)
        {
            var name = AbilityAdvice.NameOf(finding.Ability).PadRight(width);
            writer.WriteLine($"{(finding.IsPresent ? "yes" : "no "),-4} {name}  {finding.Detail}");
            if (!finding.IsPresent)
            {
                writer.WriteLine($"     {new string(' ', width)}  {AbilityAdvice.WithoutIt(finding.Ability)}");
            }
        }
    }

    private static string LimitText(long limit) => limit > 0 ? $"{limit}" : "no limit known";
}
