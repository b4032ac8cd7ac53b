using Iced.Intel;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Machine.Kvm;
using KvmActors.Software.Execution;
using KvmActors.Tests;

namespace KvmActors.Software.Tests.Differential;

/// <summary>
/// Random programs in ring 3, on the real processor under KVM and in software: what they do must be the same. DIFFERENTIAL_PROGRAMS
/// says how many, DIFFERENTIAL_SEED where to begin; a difference is shrunk and told with its seed.
/// </summary>
public sealed class AgainstKvmTests
{
    private const int ShortRun = 3000, MaxLength = 12;

    // They would leave the program, change how it runs, or tell what differs by its nature.
    private static readonly HashSet<Mnemonic> Excluded =
    [
        Mnemonic.Rdtsc, Mnemonic.Rdtscp, Mnemonic.Rdpid, Mnemonic.Rdrand, Mnemonic.Rdseed, Mnemonic.Cpuid, Mnemonic.Popfq, Mnemonic.Popf, Mnemonic.Popfd,
        Mnemonic.Syscall, Mnemonic.Sysenter, Mnemonic.Sysexit, Mnemonic.Sysret, Mnemonic.Int1, Mnemonic.Int, Mnemonic.Xgetbv, Mnemonic.Iretq, Mnemonic.Iretd,
        Mnemonic.Iret, Mnemonic.Sgdt, Mnemonic.Sidt, Mnemonic.Sldt, Mnemonic.Str, Mnemonic.Smsw, Mnemonic.In, Mnemonic.Out, Mnemonic.Insb, Mnemonic.Insw,
        Mnemonic.Insd, Mnemonic.Outsb, Mnemonic.Outsw, Mnemonic.Outsd, Mnemonic.Enter, Mnemonic.Arpl, Mnemonic.Bound, Mnemonic.Lar, Mnemonic.Lsl, Mnemonic.Verr, Mnemonic.Verw,
        Mnemonic.Fxsave, Mnemonic.Fxsave64, Mnemonic.Fxrstor, Mnemonic.Fxrstor64, Mnemonic.Xsave, Mnemonic.Xsave64, Mnemonic.Xrstor, Mnemonic.Xrstor64,
        Mnemonic.Ldmxcsr, Mnemonic.Xsaveopt, Mnemonic.Xsaveopt64, Mnemonic.Pushfq, Mnemonic.Pushf, Mnemonic.Wrfsbase, Mnemonic.Wrgsbase, Mnemonic.Rdfsbase, Mnemonic.Rdgsbase,

        // The pointers they store get lost when this machine's kernel switches to another thread.
        Mnemonic.Fnsave, Mnemonic.Fnstenv,

        // Their last bits are no two processors' the same.
        Mnemonic.F2xm1, Mnemonic.Fyl2x, Mnemonic.Fyl2xp1, Mnemonic.Fptan, Mnemonic.Fpatan, Mnemonic.Fsin, Mnemonic.Fcos, Mnemonic.Fsincos,
        Mnemonic.Rcpps, Mnemonic.Rcpss, Mnemonic.Rsqrtps, Mnemonic.Rsqrtss,
    ];

    // A KVM without hardware under it runs 64-bit code with the host's descriptor table: selectors mean what they mean there.
    private static readonly HashSet<Code> LoadsSelector =
    [
        Code.Lfs_r16_m1616, Code.Lfs_r32_m1632, Code.Lgs_r16_m1616, Code.Lgs_r32_m1632, Code.Lss_r16_m1616, Code.Lss_r32_m1632,
        Code.Mov_Sreg_rm16, Code.Mov_Sreg_r32m16, Code.Mov_Sreg_r64m16, Code.Popq_FS, Code.Popq_GS, Code.Popw_FS, Code.Popw_GS,
    ];

    // A KVM without hardware under it emulates 32-bit code, as far as it knows the instructions.
    private static readonly HashSet<CpuidFeature> Oldest =
    [
        CpuidFeature.INTEL8086, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386, CpuidFeature.INTEL486, CpuidFeature.CMOV, CpuidFeature.CX8,
    ];

    // It does not have these, some of them only, or not their flags, or is not exact where they fault.
    private static readonly HashSet<Mnemonic> Inexact =
    [
        Mnemonic.Aaa, Mnemonic.Aas, Mnemonic.Daa, Mnemonic.Das, Mnemonic.Aam, Mnemonic.Aad, Mnemonic.Popa, Mnemonic.Popad, Mnemonic.Cmpsb,
        Mnemonic.Cmpsw, Mnemonic.Cmpsd, Mnemonic.Scasb, Mnemonic.Scasw, Mnemonic.Scasd, Mnemonic.Wait,
    ];

    private static List<Code> CodesOf(int bits) =>
    [
        .. Enum.GetValues<Code>().Where(code =>
            code != Code.INVALID && InstructionSet.Table.Contains(code) && !Excluded.Contains(code.Mnemonic())
            && code.ToOpCode() is { IsPrivileged: false, IsReservedNop: false } form && (bits == 64 ? form.Mode64 : form.Mode32)
            && code.FlowControl() == FlowControl.Next && !IsAnothers(code)
            && !LoadsSelector.Contains(code)
            && (bits == 64 || !Inexact.Contains(code.Mnemonic()))
            && (bits == 64 || code.CpuidFeatures().All(feature => Oldest.Contains(feature)))),
    ];

    // Knights Corner's encodings, and pointers of 64 bits, which Intel's processors load and AMD's do not.
    private static bool IsAnothers(Code code) =>
        code.ToString().Contains("KNC", StringComparison.Ordinal) || code is Code.Lfs_r64_m1664 or Code.Lgs_r64_m1664 or Code.Lss_r64_m1664;

    [KvmTheory]
    [InlineData(64)]
    [InlineData(32)]
    public void RandomPrograms_InRing3_DoTheSame(int bits)
    {
        var codes = CodesOf(bits);
        using var device = KvmDevice.Open();
        using var native = new RingThree(new KvmHypervisor(device), bits);
        using var software = new RingThree(new SoftwareHypervisor(), bits);
        if (!IsIn(native, bits))
        {
            // A KVM without hardware under it may run ring 3 in 64-bit mode whatever the descriptor says.
            return;
        }

        var first = Setting("DIFFERENTIAL_SEED", 1);
        var differences = new List<string>();
        for (var seed = first; seed < first + Setting("DIFFERENTIAL_PROGRAMS", ShortRun) && differences.Count < Setting("DIFFERENTIAL_MAX", 1); seed++)
        {
            var program = RandomProgram.Create(seed, codes, MaxLength, bits);
            if (Compare(native, software, program) is not null)
            {
                var shrunk = Shrink(native, software, program);
                differences.Add($"seed {seed}: {shrunk}: {Compare(native, software, shrunk)}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static string? Compare(RingThree native, RingThree software, RandomProgram program)
    {
        var code = program.Assemble();
        var expected = native.Run(code, program.Registers, program.Data, program.Stack, program.FloatingPoint);
        var found = software.Run(code, program.Registers, program.Data, program.Stack, program.FloatingPoint);
        if (expected.Vector is 13 or 14 && found.Vector is 13 or 14 && found.Registers.rip == expected.Registers.rip && HasTwoPlaces(program, found.Registers.rip))
        {
            // Which of its two operands is told of where neither is there is nowhere written, and not the same each time.
            return null;
        }

        return found.Difference(expected, program.UndefinedFlagsAt(expected.Registers.rip));
    }

    private static bool HasTwoPlaces(RandomProgram program, ulong rip) =>
        program.MnemonicAt(rip) is Mnemonic.Cmpsb or Mnemonic.Cmpsw or Mnemonic.Cmpsd or Mnemonic.Cmpsq;

    // 40 is INC EAX in 32-bit code, and a prefix in 64-bit code.
    private static bool IsIn(RingThree machine, int bits)
    {
        var end = machine.Run([0x40, 0x0F, 0x0B], new kvm_regs { rsp = RingThree.Stack + 0x800, rflags = 2 }, [], []);
        return (end.Registers.rax == 1) == (bits == 32);
    }

    private static RandomProgram Shrink(RingThree native, RingThree software, RandomProgram program)
    {
        for (var index = program.Length - 1; index >= 0; index--)
        {
            var smaller = program.Without(index);
            if (Compare(native, software, smaller) is not null)
            {
                program = smaller;
            }
        }

        return program;
    }

    private static int Setting(string name, int value) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var set) ? set : value;
}
