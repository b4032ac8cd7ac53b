using System.Globalization;
using KvmActors.Interop.Kvm;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;
using KvmActors.Software.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Software.Tests.Execution;

/// <summary>Being told of each instruction, of what it changed, and of exceptions.</summary>
public sealed class InstructionTraceTests
{
    [Fact]
    public void Run_Traced_TellsEachInstructionAndWhatItChanged()
    {
        using var vm = new SoftwareVm(BootProtocol.Long64, code =>
        {
            code.mov(eax, 7);
            code.mov(ebx, 7);
            code.cmp(eax, ebx);
            code.@in(al, 0x80);
            code.xchg(rax, rcx);
            code.hlt();
        });
        var trace = new Recorded();
        vm.Vcpu.SetTrace(trace);

        var exit = vm.Vcpu.Run();
        Assert.Equal(VcpuExitReason.Io, exit.Reason);
        exit.Io.Data[0] = 9;
        vm.RunToHlt();

        Assert.Equal(
            [
                "1 0 b807000000 rax=7", "2 5 bb07000000 rbx=7", "3 a 39d8 rflags=46", "4 c e480 rax=9", "5 e 4887c8 rax=0 rcx=9", "6 11 f4 ",
            ],
            trace.Lines);
    }

    [Fact]
    public void Run_Traced_TellsExceptionsAndNoInstructionThatRaisedOne()
    {
        using var vm = new SoftwareVm(BootProtocol.Real16, code =>
        {
            code.mov(__word_ptr[6 * 4], 0x100);
            code.ud2();
        });
        vm.Write(0x100, (byte)0xF4);
        vm.Vcpu.SetRegisters(vm.Vcpu.GetRegisters() with { rsp = 0x2000 });
        var trace = new Recorded();
        vm.Vcpu.SetTrace(trace);
        vm.RunToHlt();

        Assert.Equal(["1 0 c70618000001 ", "1 exception 6 6 100", "2 100 f4 "], trace.Lines);
    }

    [Fact]
    public void Run_Traced_TakesTheSameInstructionsAndEndsTheSame()
    {
        using var plain = Loop();
        using var traced = Loop();
        var trace = new Recorded();
        traced.Vcpu.SetTrace(trace);

        plain.RunToHlt();
        traced.RunToHlt();

        Assert.Equal(plain.Vcpu.Instructions, traced.Vcpu.Instructions);
        Assert.Equal(plain.Vcpu.GetRegisters(), traced.Vcpu.GetRegisters());
        Assert.Equal(plain.Vcpu.ReadBranches(), traced.Vcpu.ReadBranches());
        Assert.Equal((ulong)trace.Lines.Count, plain.Vcpu.Instructions);
    }

    private static SoftwareVm Loop() => new(BootProtocol.Long64, code =>
    {
        var again = code.CreateLabel();
        code.mov(ecx, 100);
        code.Label(ref again);
        code.rdtsc();
        code.add(rbx, rax);
        code.dec(ecx);
        code.jne(again);
        code.hlt();
    });

    private sealed class Recorded : IInstructionTrace
    {
        public List<string> Lines { get; } = [];

        public void Executed(in ExecutedInstruction instruction, ReadOnlySpan<byte> bytes, ReadOnlySpan<RegisterChange> changes)
        {
            var changed = string.Join(' ', changes.ToArray().Select(change => string.Create(CultureInfo.InvariantCulture, $"{change.Name}={change.Value:x}")));
            Lines.Add(string.Create(CultureInfo.InvariantCulture, $"{instruction.Count} {instruction.Rip:x} {Convert.ToHexStringLower(bytes)} {changed}"));
        }

        public void Interrupted(in TakenInterrupt interrupt) => Lines.Add(
            string.Create(CultureInfo.InvariantCulture, $"{interrupt.Count} exception {interrupt.Vector} {interrupt.From:x} {interrupt.To:x}"));
    }
}
