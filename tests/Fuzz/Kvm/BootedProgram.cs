using KvmActors.Fuzz.Tests.Running;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Files;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;
using KvmActors.Machine.WarmStart;
using KvmActors.Tests;

namespace KvmActors.Fuzz.Tests.Kvm;

/// <summary>A user program of ours under the guest's kernel, as it is right before its first instruction; each time with something changed in memory.</summary>
internal sealed class BootedProgram : IDisposable
{
    private const int PageBytes = (int)MemoryRange.PageSize;

    private readonly IHypervisor _hypervisor;
    private readonly VmTemplates _templates;
    private readonly List<int> _pages = [];

    /// <param name="hypervisor">What makes the VMs.</param>
    /// <param name="machine">The kernel's machine, whose arguments name the program.</param>
    /// <param name="files">Where the program is.</param>
    public BootedProgram(IHypervisor hypervisor, MachineSpec machine, IReadOnlyList<FileMapping> files)
    {
        _hypervisor = hypervisor;
        _templates = new VmTemplates(BootPlans.For(machine));
        using (var first = New())
        {
            first.Run(files, TestTime.Seconds(hypervisor.Backend == Backend.Software ? 10 : 0.3));
        }

        Slot = New();
        for (var page = 0; page < (int)(machine.MemoryBytes / MemoryRange.PageSize); page++)
        {
            if (Slot.Vm.Memory.TryGetSpan(new GuestPhysAddr((ulong)page * PageBytes), PageBytes, out var bytes) && bytes.ContainsAnyExcept((byte)0))
            {
                _pages.Add(page);
            }
        }
    }

    /// <summary>Whether the kernel has booted: otherwise each guest boots.</summary>
    public bool IsBooted => Template.IsBooted;

    /// <summary>What guests start from.</summary>
    public VmTemplate Template => _templates.Current!;

    /// <summary>Where they run.</summary>
    public GuestSlot Slot { get; private set; }

    /// <summary>Changes some of what is in memory: the program, the kernel, page tables.</summary>
    public void Change(FuzzInput input)
    {
        for (var changes = 1 + input.Next(6); changes > 0; changes--)
        {
            var bytes = new byte[1 << input.Next(4)];
            input.Fill(bytes);
            var address = ((ulong)input.Pick<int>(_pages.ToArray()) * PageBytes) + (ulong)input.Next(PageBytes);
            Slot.Vm.Memory.TryWriteBytes(new GuestPhysAddr(address), bytes);
            if (input.IsDescribed)
            {
                input.Note($"memory at {address:x}: {Convert.ToHexString(bytes)}");
            }
        }
    }

    /// <summary>Closes the VM and makes another.</summary>
    public void Replace()
    {
        Slot.Dispose();
        Slot = New();
    }

    public void Dispose()
    {
        Slot.Dispose();
        _templates.Dispose();
    }

    private GuestSlot New()
    {
        var template = Template;
        var vm = template.CreateVm(_hypervisor);
        return new GuestSlot(vm, template.CreateVcpu(vm, 0), _templates);
    }
}
