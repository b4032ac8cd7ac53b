using KvmActors.Actors.Specs;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Files;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Images;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Bench;

/// <summary>Describes the guests of the C reference as VMs of the program.</summary>
internal static class Guests
{
    // As in reference/vm.h.
    private const ulong MemoryBytes = 16 << 20;

    /// <summary>The VM of a guest.</summary>
    public static VmSpec Describe(BenchContext context, string name, int instances = 1) => new()
    {
        Name = name,
        Instances = instances,
        Plan = BootPlans.For(new MachineSpec
        {
            Name = name,
            Boot = BootProtocol.Real16,
            Image = FlatImage.Parse(context.ReadGuest(name), new GuestPhysAddr(0), 0),
            MemoryBytes = MemoryBytes,
        }),
        Timeout = TimeSpan.FromMinutes(10),
    };

    /// <summary>The VM of the guest kernel and a program of its own, which <see cref="HostProgram"/> has been built with.</summary>
    public static VmSpec DescribeProgram(string program, int instances) => new()
    {
        Name = program,
        Instances = instances,
        Plan = BootPlans.For(new MachineSpec
        {
            Name = program,
            Boot = BootProtocol.Elf64,
            Image = ElfImage.Parse(File.ReadAllBytes(HostProgram.KernelFile)),
            Args = [$"/bin/{program}"],
            MemoryBytes = MemoryBytes,
        }),
        Start = instances > 1 ? VmStart.Warm : VmStart.Cold,
        Timeout = TimeSpan.FromMinutes(10),
        Files = [new FileMapping("/bin", HostProgram.UserFolder, MappingAccess.Read)],
    };
}

/// <summary>Takes what guests write and forgets it, as the C reference does.</summary>
internal sealed class DiscardedOutput : IGuestOutput
{
    /// <inheritdoc/>
    public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal) => Errno.None;
}
