using KvmActors.Interop.Kvm.Native;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Paging;

namespace KvmActors.Host.Tests.Inspection;

/// <summary>Crashes made by hand.</summary>
internal static class SampleCrash
{
    /// <summary>A vCPU in 64-bit mode before <c>in al, dx</c> that has looked for something that is not mapped.</summary>
    public static CrashReport PageFault { get; } = new()
    {
        VcpuIndex = 1,
        Exit = "triple fault",
        Registers = new kvm_regs { rip = 0x7005, rsp = 0x9000, rax = 0x1234_5678_9ABC_DEF0, rflags = 0x3202 },
        SpecialRegisters = new kvm_sregs
        {
            cr0 = 0x8000_0001,
            cr2 = 0xDEAD000,
            cr3 = 0x1000,
            cs = new kvm_segment { selector = 8, limit = uint.MaxValue, type = 11, dpl = 3, l = 1, present = 1, s = 1 },
            tr = new kvm_segment { type = 11, unusable = 1 },
        },
        CodeBits = 64,
        LinearRip = 0x7005,
        CodeStart = 0x7000,
        Code = [0xBA, 0x34, 0x12, 0x00, 0x00, 0xEC, 0xF4],
        Stack = [1, 2, 3, 4, 5, 6, 7, 8, 0xFF],
        Backtrace = [new StackFrame(0x7005, FrameOrigin.Rip), new StackFrame(0x7100, FrameOrigin.StackScan)],
        RipWalk = new PageWalkTrace(0x7005, [], 0x7005),
        Cr2Walk = new PageWalkTrace(0xDEAD000, [new PageWalkStep("PML4E", 0x1000, 0x2007), new PageWalkStep("PDPTE", 0x2018, null)], null),
    };
}
