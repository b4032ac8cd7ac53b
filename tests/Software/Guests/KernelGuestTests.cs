using KvmActors.Interop.Kvm;
using KvmActors.Linux.Files;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Kvm;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Software.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Software.Tests.Guests;

/// <summary>The guest kernel with user programs in ring 3.</summary>
public sealed class KernelGuestTests
{
    public static TheoryData<string> Programs =>
    [
        "/bin/orw /etc/os-release", "/bin/hello", "/bin/hello-pie", "/bin/env", "/bin/env-pie", "/bin/status 7", "/bin/badargs", "/bin/traps", "/bin/fault",
        "/bin/nothing",
    ];

    [Fact]
    public void Run_OfAProgramThatReadsAFile_PrintsIt()
    {
        var run = Run(new SoftwareHypervisor(), "/bin/orw /etc/os-release");

        Assert.Equal((VcpuEndKind.Exited, 0), (run.Ends[0].Kind, run.Ends[0].Status));
        Assert.Equal(File.ReadAllText("/etc/os-release"), run.Text);
    }

    [KvmTheory]
    [MemberData(nameof(Programs))]
    public void Run_OfAProgram_IsAsOnKvm(string command)
    {
        using var device = KvmDevice.Open();
        var native = Run(new KvmHypervisor(device), command);

        var run = Run(new SoftwareHypervisor(), command);

        Assert.Equal(native.Text, run.Text);
        Assert.Equal(native.Output.Text(stream: GuestStream.Error), run.Output.Text(stream: GuestStream.Error));
        Assert.Equal((native.Ends[0].Kind, native.Ends[0].Status, native.Ends[0].Signal), (run.Ends[0].Kind, run.Ends[0].Status, run.Ends[0].Signal));
    }

    private static GuestRun Run(IHypervisor hypervisor, string command)
    {
        var spec = GuestImages.Machine("kernel.elf", BootProtocol.Elf64, 16) with { Args = command.Split(' '), Env = ["HOME=/root", "A=b"] };
        return GuestRun.Of(
            hypervisor,
            spec,
            [
                new FileMapping("/bin", Path.Combine(AppContext.BaseDirectory, "guest/user"), MappingAccess.Read),
                new FileMapping("/etc/os-release", "/etc/os-release", MappingAccess.Read),
            ]);
    }
}
