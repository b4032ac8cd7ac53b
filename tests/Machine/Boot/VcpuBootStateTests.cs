using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Images;
using KvmActors.Machine.Tests.Support;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Machine.Tests.Boot;

/// <summary>Guests that write down what they find at entry, under each protocol.</summary>
public class VcpuBootStateTests
{
    private const uint Results = 0x30_0000;
    private const uint EferMsr = 0xC000_0080;

    [VmTheory]
    [InlineData(BootProtocol.Long64)]
    [InlineData(BootProtocol.Elf64)]
    public void ApplyTo_LongMode_HasTheControlRegistersOfTheDesign(BootProtocol boot)
    {
        var code = new Code64()
            .Store(Results, cr0).Store(Results + 8, cr3).Store(Results + 16, cr4)
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

    [VmTheory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(8, 4)]
    public void ApplyTo_LongMode_EachVcpuFindsItsRegisters(int vcpus, int gigabytes)
    {
        // Results of vCPU n at Results + n * 64: RDI, RSI, R8, R9, RSP.
        var code = new Code64().Asm(a =>
        {
            a.mov(r10, r8);
            a.shl(r10, 6);
            a.add(r10, (int)Results);
            foreach (var (index, register) in new[] { rdi, rsi, r8, r9, rsp }.Index())
            {
                a.mov(__qword_ptr[r10 + (index * 8)], register);
            }
        });

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

    [VmFact]
    public void ApplyTo_LongMode_TheGdtInMemoryMatchesTheLoadedSegments()
    {
        var code = new Code64().Sgdt(Results);
        var segments = new[] { cs, ss, ds, es, fs, gs };
        foreach (var (index, segment) in segments.Index())
        {
            code.Store(Results + 0x10 + ((uint)index * 8), segment);
        }

        using var vm = new BootedVm(Machines.Long64(code.Hlt()));
        vm.RunToHlt();

        Assert.Equal((0x1F_6000UL, 9 * 8 - 1), (vm.Read<ulong>(Results + 2), vm.Read<ushort>(Results)));
        Assert.All(segments.Index(), entry => Assert.Equal(
            entry.Item == cs ? 0x08UL : 0x10UL, vm.Read<ulong>(Results + 0x10 + ((ulong)entry.Index * 8))));

        // Intel SDM vol. 3A, figure 3-8: code 64-bit, data writable; kernel, then user.
        Assert.Equal(0UL, vm.Read<ulong>(0x1F_6000));
        Assert.Equal(0x00AF_9B00_0000_FFFFUL, vm.Read<ulong>(0x1F_6008));
        Assert.Equal(0x00CF_9300_0000_FFFFUL, vm.Read<ulong>(0x1F_6010));
        Assert.Equal(0x00CF_F300_0000_FFFFUL, vm.Read<ulong>(0x1F_6028));
        Assert.Equal(0x00AF_FB00_0000_FFFFUL, vm.Read<ulong>(0x1F_6030));
    }

    [VmFact]
    public void ApplyTo_LongMode_EverySegmentCanBeLoadedFromTheGdt()
    {
        var code = new Code64();
        foreach (var segment in new[] { ds, es, fs, gs, ss })
        {
            code.Mov(segment, 0x10);
        }

        // User data may be loaded by anyone into DS.
        code.ReloadCs(0x08).Mov(ds, 0x2B).Mov(rcx, 0x1234).Store(Results, rcx).Hlt();
        using var vm = new BootedVm(Machines.Long64(code));

        vm.RunToHlt();

        Assert.Equal(0x1234UL, vm.Read<ulong>(Results));
    }

    [VmFact]
    public void ApplyTo_LongMode_AllMemoryCanBeReachedAndTheStackWorks()
    {
        const uint Top = (16 << 20) - 8;
        var code = new Code64().Mov(rcx, 0xFEED_FACE_CAFE_BEEF)
            .Asm(a => a.push(rcx)).Load(rdx, Results).Asm(a => a.pop(rdx)).Store(Top, rdx).Hlt();
        using var vm = new BootedVm(Machines.Long64(code) with { MemoryBytes = 16 * Machines.MiB });

        vm.RunToHlt();

        Assert.Equal(0xFEED_FACE_CAFE_BEEF, vm.Read<ulong>(Top));
    }

    [VmFact]
    public void ApplyTo_LongMode_HighMemoryCanBeReached()
    {
        var code = new Code64().Mov(rdi, 4 * Machines.GiB).Asm(a => a.mov(__qword_ptr[rdi], rdi)).Hlt();
        using var vm = new BootedVm(Machines.Long64(code) with { MemoryBytes = 5 * Machines.GiB });

        vm.RunToHlt();

        Assert.Equal(4 * Machines.GiB, vm.Read<ulong>(4 * Machines.GiB));
    }

    [VmFact]
    public void ApplyTo_Real16_StartsAtTheEntryWithFlatSegments()
    {
        // The first instruction would spin; the entry is behind it.
        var code = new Code16().Spin().Label(out var entry)
            .Asm(a => a.mov(ax, cs)).Store(2, 0x1000).Asm(a => a.mov(ax, ds)).Store(2, 0x1002).Asm(a => a.mov(eax, cr0)).Store(4, 0x1004).Hlt();
        var image = FlatImage.Parse(code.ToArray(), new GuestPhysAddr(0x500), code.AddressOf(entry));
        using var vm = new BootedVm(Machines.Real16(code) with { Image = image });

        vm.RunToHlt();

        Assert.Equal((0, 0), (vm.Read<ushort>(0x1000), vm.Read<ushort>(0x1002)));
        Assert.Equal(0U, vm.Read<uint>(0x1004) & 0x8000_0001);
        Assert.Equal(2UL, vm.Vcpus[0].GetRegisters().rflags);
    }

    [VmFact]
    public void ApplyTo_Protected32_Runs32BitCodeWithFlatSegmentsAndNoPaging()
    {
        var code = new Code32().Asm(a =>
        {
            a.mov(eax, 0x1234_5678);
            a.mov(__dword_ptr[Results], eax);
            a.mov(eax, cr0);
            a.mov(__dword_ptr[Results + 4], eax);
            a.mov(ax, ds);
            a.mov(__word_ptr[Results + 8], ax);
        }).Hlt();
        var image = FlatImage.Parse(code.ToArray(), new GuestPhysAddr(0x10_0000), 0);
        var spec = Machines.Blank(BootProtocol.Protected32, 4 * Machines.MiB) with { Image = image };
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
