using KvmActors.Interop.Sandbox;

namespace KvmActors.Host.Doctor;

/// <summary>The findings for people.</summary>
internal static class DoctorText
{
    private const double GiB = 1L << 30;

    /// <summary>Writes them.</summary>
    public static void Write(TextWriter writer, DoctorFindings findings)
    {
        var machine = findings.Machine;
        writer.WriteLine($"{findings.Device}{(machine.KvmModule.Length > 0 ? $" ({machine.KvmModule})" : "")} on {machine.Kernel}");
        writer.WriteLine($"{machine.Processor}, {machine.Processors} processors, hardware virtualization: {machine.HardwareVirtualization}");
        writer.WriteLine($"{machine.MemoryBytes / GiB:0.0} GiB of memory, {machine.AvailableMemoryBytes / GiB:0.0} GiB of it available; open files: {LimitText(machine.OpenFilesLimit)}");
        if (findings.Limits is { } limits)
        {
            writer.WriteLine($"a VM: {limits.MaxVcpus} vCPUs ({limits.RecommendedVcpus} recommended), {limits.MemorySlots} memory ranges, {limits.PhysicalAddressBits} address bits");
        }

        writer.WriteLine();
        writer.WriteLine("What executes guests' instructions:");
        writer.WriteLine(findings.Problem is { } problem ? $"no   KVM: {problem}" : "yes  KVM");
        writer.WriteLine("yes  software: --backend software, and where there is no KVM");
        writer.WriteLine();
        var width = findings.Abilities.Select(finding => AbilityAdvice.NameOf(finding.Ability).Length).DefaultIfEmpty().Max();
        foreach (var finding in findings.Abilities)
        {
            var name = AbilityAdvice.NameOf(finding.Ability).PadRight(width);
            writer.WriteLine($"{(finding.IsPresent ? "yes" : "no "),-4} {name}  {finding.Detail}");
            if (!finding.IsPresent)
            {
                writer.WriteLine($"     {new string(' ', width)}  {AbilityAdvice.WithoutIt(finding.Ability)}");
            }
        }

        if (findings.Abilities.Count > 0)
        {
            writer.WriteLine();
        }

        Write(writer, findings.Sandbox);
        writer.WriteLine();
        writer.WriteLine(DoctorVerdict.Of(findings));
    }

    private static void Write(TextWriter writer, SandboxSupport sandbox)
    {
        writer.WriteLine("Around threads that serve a guest:");
        Say(sandbox.LandlockAbi > 0, $"Landlock, ABI {sandbox.LandlockAbi}", "Landlock: files that are not mapped are kept away by this program alone; use a kernel from 5.13 with landlock in its lsm= list");
        Say(sandbox.Seccomp, "seccomp", "seccomp: any system call can be made; use a kernel with CONFIG_SECCOMP_FILTER");
        Say(sandbox.MountProblem is null, "read-only mounts for read-only mappings", $"read-only mounts for read-only mappings: {sandbox.MountProblem}; they need CAP_SYS_ADMIN");

        void Say(bool isThere, string name, string advice) => writer.WriteLine($"{(isThere ? "yes" : "no "),-4} {(isThere ? name : advice)}");
    }

    private static string LimitText(long limit) => limit > 0 ? $"{limit}" : "no limit known";
}
