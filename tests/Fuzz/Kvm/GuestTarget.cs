using KvmActors.Fuzz.Tests.Images;
using KvmActors.Fuzz.Tests.Running;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Files;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Images;
using KvmActors.Machine.Kvm;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Vm;
using KvmActors.Machine.WarmStart;
using KvmActors.Software;
using KvmActors.Tests;

namespace KvmActors.Fuzz.Tests.Kvm;

/// <summary>
/// Guests that nobody wrote: random instructions and bytes in every mode, images of ours with something changed, and changed user
/// programs under the guest's kernel; in VMs that are reset and used again, and in new ones with every device. However they end, it is an
/// outcome, in time.
/// </summary>
internal sealed class GuestTarget : IFuzzTarget
{
    private const ulong MiB = 1 << 20;

    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(3), KernelLimit = TimeSpan.FromMilliseconds(25);

    private static readonly BootProtocol[] Modes = [BootProtocol.Long64, BootProtocol.Protected32, BootProtocol.Real16];

    private readonly KvmDevice? _device;
    private readonly IHypervisor _hypervisor;
    private readonly FileMapping[] _files;
    private readonly byte[][] _images;
    private readonly byte[] _kernel;
    private readonly IBootPlan[] _plans;
    private readonly VmTemplate[] _templates;
    private readonly GuestSlot?[] _slots;
    private readonly BootedProgram[] _programs;

    private GuestTarget(string name, IHypervisor hypervisor, KvmDevice? device)
    {
        (Name, _hypervisor, _device) = (name, hypervisor, device);
        var guests = Path.Combine(AppContext.BaseDirectory, "guest");
        _files = [new FileMapping("/bin", Path.Combine(guests, "user"), MappingAccess.Read)];
        _kernel = File.ReadAllBytes(Path.Combine(guests, "kernel.elf"));
        _images = [.. Directory.GetFiles(Path.Combine(guests, "bare")).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        var names = Directory.GetFiles(Path.Combine(guests, "user")).Order(StringComparer.Ordinal).Select(Path.GetFileName).OfType<string>();
        _programs = [.. names.Select(name => new BootedProgram(_hypervisor, KernelMachine(ElfImage.Parse(_kernel), $"/bin/{name}"), _files))];
        _plans = [.. Modes.Select(mode => BootPlans.For(GuestLayout.Machine(mode, [0xE9, 0xFB, 0, 0, 0]) with { Devices = WarmDevices }))];
        _templates = [.. _plans.Select(VmTemplate.BeforeBoot)];
        _slots = new GuestSlot?[Modes.Length];
    }

    public string Name { get; }

    public TimeSpan Share => _device is null ? TimeSpan.FromSeconds(4) : TimeSpan.FromSeconds(10);

    /// <summary>On KVM.</summary>
    public static GuestTarget OnKvm()
    {
        var device = KvmDevice.Open();
        return new GuestTarget("guest", new KvmHypervisor(device), device);
    }

    /// <summary>In software.</summary>
    public static GuestTarget InSoftware() => new("guest-software", new SoftwareHypervisor(), null);

    // What a description may have whose instances start warm.
    private static IReadOnlyList<DeviceSpec> WarmDevices => [new ConsoleDeviceSpec(GuestLayout.CoalescedPort, IsCoalesced: true), new DebugExitSpec(GuestLayout.DebugExitPort)];

    private static IReadOnlyList<DeviceSpec> AllDevices =>
    [
        .. WarmDevices,
        new SerialDeviceSpec(0x2F8),
        new RegisterBankSpec(GuestLayout.Bank, 64, [new BankRegister(0, 8, 0x1122_3344_5566_7788)]),
        new DoorbellSpec(GuestLayout.DoorbellPort, 1),
    ];

    public string Run(FuzzInput input)
    {
        var kind = input.Next(16);
        return kind switch
        {
            < 8 => RunCode(input, mode => GuestCode.Make(GuestLayout.BitsOf(mode), input, GuestLayout.MaxCode, maxInstructions: 64)),
            < 10 => RunCode(input, _ => RandomBytes(input)),
            < 12 => RunImage(input),
            < 15 => RunProgram(input),
            _ => RunKernel(input),
        };
    }

    public void Dispose()
    {
        foreach (var slot in _slots)
        {
            slot?.Dispose();
        }

        foreach (var program in _programs)
        {
            program.Dispose();
        }

        foreach (var template in _templates)
        {
            template.Dispose();
        }

        _device?.Dispose();
    }

    private string RunCode(FuzzInput input, Func<BootProtocol, byte[]> make)
    {
        var number = input.Next(Modes.Length);
        var isCold = input.OneIn(8);
        var code = make(Modes[number]);
        var data = new byte[256];
        input.Fill(data.AsSpan(0, 8 * input.Next(32)));
        var slot = isCold
            ? NewSlot(VirtualMachine.Create(_hypervisor, BootPlans.For(_plans[number].Spec with { Devices = AllDevices })))
            : _slots[number] ??= FromTemplate(_templates[number]);
        Assert.True(slot.Vm.Memory.TryWriteBytes(new GuestPhysAddr(GuestLayout.Entry), code));
        Assert.True(slot.Vm.Memory.TryWriteBytes(new GuestPhysAddr(GuestLayout.Data), data));
        if (isCold)
        {
            using (slot)
            {
                return $"{Modes[number]} cold {slot.Run(_files, Limit).Kind}";
            }
        }

        return $"{Modes[number]} {RunWarm(ref _slots[number], _templates[number], Limit)}";
    }

    private string RunImage(FuzzInput input)
    {
        var file = FileMutation.Of(input.Pick<byte[]>(_images), input);
        var boot = file.AsSpan().StartsWith("\x7f"u8) && !input.OneIn(8) ? BootProtocol.Elf64 : input.Pick<BootProtocol>(Modes);
        return RunCold("image", boot, file, input.OneIn(4) ? (ulong)input.Next(64) * 0x1000 : 0, Limit);
    }

    private string RunKernel(FuzzInput input) => RunCold("kernel", BootProtocol.Elf64, FileMutation.Of(_kernel, input), 0, KernelLimit);

    private string RunCold(string what, BootProtocol boot, byte[] file, ulong address, TimeSpan limit)
    {
        IBootPlan plan;
        try
        {
            var image = boot == BootProtocol.Elf64 ? ElfImage.Parse(file) : FlatImage.Parse(file, new GuestPhysAddr(address), 0);
            plan = BootPlans.For(KernelMachine(image) with { Boot = boot, Devices = AllDevices, MemoryBytes = 4 * MiB });
        }
        catch (ImageFormatException)
        {
            return $"{what} refused";
        }

        if (plan.FindProblem() is not null)
        {
            return $"{what} refused";
        }

        using var slot = NewSlot(VirtualMachine.Create(_hypervisor, plan));
        return $"{what} {slot.Run(_files, limit).Kind}";
    }

    private string RunProgram(FuzzInput input)
    {
        var program = input.Pick<BootedProgram>(_programs);
        program.Change(input);
        var end = program.Slot.Run(_files, KernelLimit).Kind;
        if (!IsKept(end) || !program.Slot.TryReset(program.Template))
        {
            program.Replace();
        }

        return $"{(program.IsBooted ? "program" : "booting program")} {end}";
    }

    // Runs a guest in a VM that others used before, and makes it ready for the next.
    private string RunWarm(ref GuestSlot? slot, VmTemplate template, TimeSpan limit)
    {
        var end = slot!.Run(_files, limit).Kind;
        if (IsKept(end) && slot.TryReset(template))
        {
            return end.ToString();
        }

        slot.Dispose();
        slot = FromTemplate(template);
        return $"{end}, closed";
    }

    private GuestSlot FromTemplate(VmTemplate template)
    {
        var vm = template.CreateVm(_hypervisor);
        return new GuestSlot(vm, template.CreateVcpu(vm, 0));
    }

    // As VmActor has it.
    private static bool IsKept(VcpuEndKind end) => end is VcpuEndKind.Exited or VcpuEndKind.Halted or VcpuEndKind.Panicked;

    private static GuestSlot NewSlot(VirtualMachine vm) => new(vm, vm.CreateVcpu(0));

    private static MachineSpec KernelMachine(GuestImage image, string program = "/bin/hello") => new()
    {
        Name = "kernel",
        Boot = BootProtocol.Elf64,
        Image = image,
        Args = [program, "a"],
        Env = ["A=B"],
        MemoryBytes = 8 * MiB,
    };

    private static byte[] RandomBytes(FuzzInput input)
    {
        var code = new byte[1 + input.Next(256)];
        input.Fill(code);
        return code;
    }
}
