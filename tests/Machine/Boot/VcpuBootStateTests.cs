using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Images;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Machine.Tests.Boot;

/// <summary>Guests that write down what they find at entry, under each protocol.</summary>
public class VcpuBootStateTests
{
    private const uint Results = 0x30_0000;
    private const uint EferMsr = 0xC000_0080;

    [KvmTheory]
    [InlineData(BootProtocol.Long64)]
    [InlineData(BootProtocol.Elf64)]
    public void ApplyTo_LongMode_HasTheControlRegistersOfTheDesign(BootProtocol boot)
    {
        var code = new Code64()
            .StoreControl(Results, 0).StoreControl(Results + 8, 3).StoreControl(Results + 16, 4)
            .StoreMsr(Results + 24, EferMsr).StoreFlags(Results + 32).Hlt();
        using var vm = new BootedVm(Spec(boot, code));

        vm.RunToHlt();

        // PE MP ET NE WP AM PG
        Assert.Equal(0x8005_0033UL, vm.Read<ulong>(Results));
        Assert.Equal(0x1F_7000UL, vm.Read<ulong>(Results + 8));

        // PAE OSFXSR OSXMMEXCPT
        Assert.Equal(0x620UL, vm.Read<ulong>(Results + 16));

        // SCE LME LMA NXE
        Assert.Equal(0xD01UL, vm.Read<ulong>(Results + 24));
        Assert.Equal(0x2UL, vm.Read<ulong>(Results + 32));
    }

    [KvmTheory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(8, 4)]
    public void ApplyTo_LongMode_EachVcpuFindsItsRegisters(int vcpus, int gigabytes)
    {
        // Results of vCPU n at Results + n * 64: RDI, RSI, R8, R9, RSP.
        var code = new Code64()
            .Copy(Reg64.R10, Reg64.R8).Raw(0x49, 0xC1, 0xE2, 0x06)
            .Raw(0x49, 0x81, 0xC2).Raw(BitConverter.GetBytes(Results));
        foreach (var (offset, register) in new[] { Reg64.Rdi, Reg64.Rsi, Reg64.R8, Reg64.R9, Reg64.Rsp }.Index())
        {
            // mov [r10 + disp8], register
            code.Raw((byte)(0x49 | ((int)register >> 3 << 2)), 0x89, (byte)(0x42 | (((int)register & 7) << 3)), (byte)(offset * 8));
        }

        var memory = (ulong)gigabytes * Machines.GiB;
        var args = new[] { "/bin/guest", "-v" };
        using var vm = new BootedVm(Machines.Long64(code.Hlt()) with { Vcpus = vcpus, MemoryBytes = memory, Args = args, Env = ["A=b"] });

        for (var index = 0; index < vcpus; index++)
        {
            vm.RunToHlt(index);
            var at = Results + ((ulong)index * 64);
            var (free, length) = (vm.Read<ulong>(at), vm.Read<ulong>(at + 8));
            Assert.Equal(0x20_0000UL, free);
            Assert.InRange(free + length, Math.Min(memory, 3 * Machines.GiB) - Machines.MiB, Math.Min(memory, 3 * Machines.GiB));
            Assert.Equal(((ulong)index, (ulong)vcpus), (vm.Read<ulong>(at + 16), vm.Read<ulong>(at + 24)));

            var stack = StackReader.Read(vm.Memory, vm.Read<ulong>(at + 32));
            Assert.Equal(args, stack.Args);
            Assert.Equal(["A=b"], stack.Env);
        }
    }

    [KvmFact]
    public void ApplyTo_LongMode_TheGdtInMemoryMatchesTheLoadedSegments()
    {
        var code = new Code64().Sgdt(Results);
        var segments = new[] { Segment.Cs, Segment.Ss, Segment.Ds, Segment.Es, Segment.Fs, Segment.Gs };
        foreach (var segment in segments)
        {
            code.Store(Results + 0x10 + ((uint)segment * 8), segment);
        }

        using var vm = new BootedVm(Machines.Long64(code.Hlt()));
        vm.RunToHlt();

        Assert.Equal((0x1F_6000UL, 9 * 8 - 1), (vm.Read<ulong>(Results + 2), vm.Read<ushort>(Results)));
        Assert.All(segments, segment => Assert.Equal(
            segment == Segment.Cs ? 0x08UL : 0x10UL, vm.Read<ulong>(Results + 0x10 + ((ulong)segment * 8))));

        // Intel SDM vol. 3A, figure 3-8: code 64-bit, data writable; kernel, then user.
        Assert.Equal(0UL, vm.Read<ulong>(0x1F_6000));
        Assert.Equal(0x00AF_9B00_0000_FFFFUL, vm.Read<ulong>(0x1F_6008));
        Assert.Equal(0x00CF_9300_0000_FFFFUL, vm.Read<ulong>(0x1F_6010));
        Assert.Equal(0x00CF_F300_0000_FFFFUL, vm.Read<ulong>(0x1F_6028));
        Assert.Equal(0x00AF_FB00_0000_FFFFUL, vm.Read<ulong>(0x1F_6030));
    }

    [KvmFact]
    public void ApplyTo_LongMode_EverySegmentCanBeLoadedFromTheGdt()
    {
        var code = new Code64();
        foreach (var segment in new[] { Segment.Ds, Segment.Es, Segment.Fs, Segment.Gs, Segment.Ss })
        {
            code.Mov(segment, 0x10);
        }

        // User data may be loaded by anyone into DS.
        code.ReloadCs(0x08).Mov(Segment.Ds, 0x2B).Mov(Reg64.Rcx, 0x1234).Store(Results, Reg64.Rcx).Hlt();
        using var vm = new BootedVm(Machines.Long64(code));

        vm.RunToHlt();

        Assert.Equal(0x1234UL, vm.Read<ulong>(Results));
    }

    [KvmFact]
    public void ApplyTo_LongMode_AllMemoryCanBeReachedAndTheStackWorks()
    {
        const uint Top = (16 << 20) - 8;
        var code = new Code64().Mov(Reg64.Rcx, 0xFEED_FACE_CAFE_BEEF).Raw(0x51).Load(Reg64.Rdx, Results).Raw(0x5A).Store(Top, Reg64.Rdx).Hlt();
        using var vm = new BootedVm(Machines.Long64(code) with { MemoryBytes = 16 * Machines.MiB });

        vm.RunToHlt();

        Assert.Equal(0xFEED_FACE_CAFE_BEEF, vm.Read<ulong>(Top));
    }

    [KvmFact]
    public void ApplyTo_LongMode_HighMemoryCanBeReached()
    {
        // mov rdi, 4 GiB; mov [rdi], rdi
        var code = new Code64().Mov(Reg64.Rdi, 4 * Machines.GiB).Raw(0x48, 0x89, 0x3F).Hlt();
        using var vm = new BootedVm(Machines.Long64(code) with { MemoryBytes = 5 * Machines.GiB });

        vm.RunToHlt();

        Assert.Equal(4 * Machines.GiB, vm.Read<ulong>(4 * Machines.GiB));
    }

    [KvmFact]
    public void ApplyTo_Real16_StartsAtTheEntryWithFlatSegments()
    {
        // The first byte would spin; the entry is behind it.
        var code = new Code16().Spin().Raw(0x8C, 0xC8).Store(2, 0x1000).Raw(0x8C, 0xD8).Store(2, 0x1002).Raw(0x0F, 0x20, 0xC0).Store(4, 0x1004).Hlt();
        var image = FlatImage.Parse(code.ToArray(), new GuestPhysAddr(0x500), entryOffset: 2);
        using var vm = new BootedVm(Machines.Real16(code) with { Image = image });

        vm.RunToHlt();

        Assert.Equal((0, 0), (vm.Read<ushort>(0x1000), vm.Read<ushort>(0x1002)));
        Assert.Equal(0U, vm.Read<uint>(0x1004) & 0x8000_0001);
        Assert.Equal(2UL, vm.Vcpus[0].GetRegisters().rflags);
    }

    [KvmFact]
    public void ApplyTo_Protected32_Runs32BitCodeWithFlatSegmentsAndNoPaging()
    {
        // mov eax, 0x12345678; mov [Results], eax; mov eax, cr0; mov [Results + 4], eax; mov ax, ds; mov [Results + 8], ax; hlt
        byte[] code =
        [
            0xB8, 0x78, 0x56, 0x34, 0x12,
            0xA3, 0x00, 0x00, 0x30, 0x00,
            0x0F, 0x20, 0xC0,
            0xA3, 0x04, 0x00, 0x30, 0x00,
            0x66, 0x8C, 0xD8,
            0x66, 0xA3, 0x08, 0x00, 0x30, 0x00,
            0xF4,
        ];
        var spec = Machines.Blank(BootProtocol.Protected32, 4 * Machines.MiB) with { Image = FlatImage.Parse(code, new GuestPhysAddr(0x10_0000), 0) };
        using var vm = new BootedVm(spec);

        vm.RunToHlt();

        Assert.Equal((0x1234_5678U, 0x10), (vm.Read<uint>(Results), vm.Read<ushort>(Results + 8)));
        Assert.Equal(1U, vm.Read<uint>(Results + 4) & 0x8000_0001);
        Assert.Equal((2UL, 0UL), (vm.Vcpus[0].GetRegisters().rflags, vm.Vcpus[0].GetSpecialRegisters().cs.@base));
    }

    private static MachineSpec Spec(BootProtocol boot, Code64 code) => boot == BootProtocol.Long64
        ? Machines.Long64(code)
        : Machines.Long64(code) with { Boot = boot, Image = ElfImage.Parse(ElfFile.WithCode(0x10_0000, code.ToArray()).ToArray()) };
}
