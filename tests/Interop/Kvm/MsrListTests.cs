using System.Buffers.Binary;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Interop.Tests.Kvm;

public class MsrListTests
{
    private const uint Mtrr = 0x200, MachineCheckAddress = 0x402, TimeStampCounter = 0x10, Pat = 0x277;
    private const uint KernelGsBase = 0xC000_0102, Efer = 0xC000_0080, ApicBase = 0x1B, SysenterEip = 0x176;

    [KvmFact]
    public void Find_Registers_AreThoseAGuestCanChangeAndNothingElseKeeps()
    {
        using var vm = new MsrVm();

        var indices = vm.List.Indices.ToList();

        Assert.Equal((vm.List.Count, indices.Count), (indices.Count, indices.Distinct().Count()));
        Assert.Contains(KernelGsBase, indices);
        Assert.Contains(SysenterEip, indices);
        Assert.DoesNotContain(Efer, indices);
        Assert.DoesNotContain(ApicBase, indices);
        Assert.DoesNotContain(Mtrr, indices);
        Assert.All([TimeStampCounter, Pat], index => Assert.Contains(index, indices));
    }

    // Where KVM cannot keep guests from writing them: also what it does not list.
    [KvmFact]
    public void Find_WithoutAFilter_HasEveryRegisterThatIsThere()
    {
        using var vm = new MsrVm();

        var indices = vm.Find(isFiltered: false).Indices.ToHashSet();

        Assert.Superset(vm.List.Indices.ToHashSet(), indices);
        Assert.All([Mtrr, MachineCheckAddress], index => Assert.Contains(index, indices));
        Assert.DoesNotContain(Efer, indices);
        var before = vm.Find(isFiltered: false).Get(vm.Vcpu, "vCPU 0");
        MsrList.Set(vm.Vcpu, before, "vCPU 0");
    }

    [KvmFact]
    public void Set_WhatGetGave_IsTakenBack()
    {
        using var vm = new MsrVm();
        var before = vm.List.Get(vm.Vcpu, "vCPU 0");
        var changed = before.ToArray();
        var entry = 8 + (16 * vm.List.Indices.ToList().IndexOf(KernelGsBase)) + 8;
        BinaryPrimitives.WriteUInt64LittleEndian(changed.AsSpan(entry), 0x1234_5000);

        MsrList.Set(vm.Vcpu, changed, "vCPU 0");
        Assert.Equal(0x1234_5000UL, BinaryPrimitives.ReadUInt64LittleEndian(vm.List.Get(vm.Vcpu, "vCPU 0").AsSpan(entry)));

        MsrList.Set(vm.Vcpu, before, "vCPU 0");
        Assert.Equal(0UL, BinaryPrimitives.ReadUInt64LittleEndian(vm.List.Get(vm.Vcpu, "vCPU 0").AsSpan(entry)));
    }

    // A count, padding, then one entry: a number, padding, a value that no processor takes there.
    [KvmFact]
    public void Set_ValueThatIsRefused_NamesTheRegister()
    {
        using var vm = new MsrVm();
        var request = new byte[24];
        BinaryPrimitives.WriteInt32LittleEndian(request, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(8), 0xDEAD_BEEF);

        var error = Assert.Throws<KvmException>(() => MsrList.Set(vm.Vcpu, request, "vCPU 0"));

        Assert.Equal("KVM_SET_MSRS failed on MSR 0xdeadbeef of vCPU 0: EINVAL (Invalid argument)", error.Message);
    }

    /// <summary>A vCPU by its bare descriptor.</summary>
    private sealed class MsrVm : IDisposable
    {
        private readonly FileDescriptor _device = Open();
        private readonly FileDescriptor _vm;

        public MsrVm()
        {
            _vm = new FileDescriptor(LibC.Check(LibC.ioctl(_device.Number, KvmApi.KVM_CREATE_VM, 0), "KVM_CREATE_VM"));
            Vcpu = new FileDescriptor(LibC.Check(LibC.ioctl(_vm.Number, KvmApi.KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU"));
            CpuidTable.GetSupported(_device).SetOn(Vcpu, "vCPU 0");
            List = Find(isFiltered: true);
        }

        public FileDescriptor Vcpu { get; }

        public MsrList List { get; }

        public MsrList Find(bool isFiltered) => MsrList.Find(_device, Vcpu, isFiltered);

        public void Dispose()
        {
            Vcpu.Dispose();
            _vm.Dispose();
            _device.Dispose();
        }

        private static FileDescriptor Open() => new(LibC.Check(LibC.open(KvmDevice.DefaultPath, LibC.O_RDWR | LibC.O_CLOEXEC, 0), "open"));
    }
}
