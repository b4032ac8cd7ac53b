using KvmActors.Host.Doctor;
using KvmActors.Interop.Sandbox;
using KvmActors.Machine.Capabilities;

namespace KvmActors.Host.Tests.Doctor;

public sealed class DoctorTextTests
{
    private static readonly MachineFacts Machine = new()
    {
        Kernel = "Linux 6.1",
        Processor = "A processor",
        Processors = 4,
        HardwareVirtualization = "vmx",
        KvmModule = "kvm_intel",
        MemoryBytes = 3L << 30,
        AvailableMemoryBytes = 1L << 29,
        OpenFilesLimit = 1024,
    };

    [Fact]
    public void Write_Findings_SaysWhatThereIsAndWhatToDoWhereThereIsNot()
    {
        var findings = new DoctorFindings(
            "/dev/kvm", null, Machine, new KvmLimits(1024, 4, 32764, 39),
            [
                new AbilityFinding(KvmAbility.Ring0Sse, false, "#UD"),
                new AbilityFinding(KvmAbility.DirtyLog, true, "3 pages"),
            ])
        {
            Sandbox = new SandboxSupport(LandlockAbi: 7, Seccomp: true, MountProblem: "EPERM"),
        };

        string[] expected =
        [
            "/dev/kvm (kvm_intel) on Linux 6.1",
            "A processor, 4 processors, hardware virtualization: vmx",
            "3.0 GiB of memory, 0.5 GiB of it available; open files: 1024",
            "a VM: 1024 vCPUs (4 recommended), 32764 memory ranges, 39 address bits",
            "",
            "What executes guests' instructions:",
            "yes  KVM",
            "yes  software: --backend software, and where there is no KVM",
            "",
            "no   SSE in ring 0   #UD",
            "                     build code for ring 0 with -mgeneral-regs-only; ring 3 is not concerned",
            "yes  dirty page log  3 pages",
            "",
            "Around threads that serve a guest:",
            "yes  Landlock, ABI 7",
            "yes  seccomp",
            "no   read-only mounts for read-only mappings: EPERM; they need CAP_SYS_ADMIN",
            "",
            "This machine runs everything but guest kernels that use SSE and confinement by read-only mounts.",
            "",
        ];
        Assert.Equal(expected, Write(findings).Split('\n'));
    }

    [Fact]
    public void Write_NoLimits_LeavesThemOut()
    {
        var text = Write(new DoctorFindings(
            "/dev/kvm", null, Machine with { OpenFilesLimit = 0 }, null, [new AbilityFinding(KvmAbility.DirtyLog, true, "")])
        {
            Sandbox = new SandboxSupport(0, Seccomp: false, null),
        });

        Assert.DoesNotContain("a VM:", text, StringComparison.Ordinal);
        Assert.Contains("open files: no limit known", text, StringComparison.Ordinal);
        Assert.Contains("no   Landlock: ", text, StringComparison.Ordinal);
        Assert.Contains("no   seccomp: ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_NoKvm_ListsBothBackends()
    {
        var text = Write(new DoctorFindings("/dev/none", "open: ENOENT", Machine, null, []) { Sandbox = new SandboxSupport(7, Seccomp: true, null) });

        Assert.Contains("no   KVM: open: ENOENT\nyes  software: ", text, StringComparison.Ordinal);
        Assert.EndsWith("This machine runs guests in software alone: KVM cannot be used.\n", text, StringComparison.Ordinal);
    }

    private static string Write(DoctorFindings findings)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        DoctorText.Write(writer, findings);
        return writer.ToString();
    }
}
