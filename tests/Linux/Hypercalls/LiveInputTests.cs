using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Syscalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Tests.Support;
using KvmActors.Machine.Vm;
using KvmActors.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace KvmActors.Linux.Tests.Hypercalls;

/// <summary>A guest that reads the process's own standard input, which these tests bring themselves.</summary>
[Collection(SerialCollection.Name)]
public sealed class LiveInputTests : IDisposable
{
    private const uint Results = 0x30_0000, Structure = 0x30_1000, Buffer = 0x30_3000;

    private readonly StandardInput _input = new();
    private readonly RecordingOutput _output = new();
    private readonly SyscallGate _gate = new(new NoQueue());
    private readonly FileNamespace _names = FileNamespace.Open([], null);
    private readonly VmStopSignal _stop = new();

    public void Dispose()
    {
        _gate.Close();
        _names.Dispose();
        _stop.Dispose();
        _input.Dispose();
    }

    [VmFact]
    public void Handle_ReadOfInputThatIsThere_DoesNotWait()
    {
        _input.Write("hello");

        Assert.Equal((5, "hell"), Run(_ => Assert.Fail("waited")));
    }

    [VmFact]
    public void Handle_ReadOfInputThatHasEnded_IsZero()
    {
        _input.End();

        Assert.Equal(0, Run(_ => Assert.Fail("waited")).Result);
    }

    [VmFact]
    public void Handle_ReadOfInputThatIsYetToCome_WaitsOutsideTheGateAndThenReads()
    {
        var waits = 0;

        var read = Run(wait =>
        {
            waits++;
            Assert.Equal(new VcpuWait(Nanoseconds: -1, ForInput: true), wait);

            // Another vCPU's call finds the gate free meanwhile.
            var other = _gate.Serve(new GuestCall(CallNumber.Lseek, AddressSpace.Physical, 1), _stop, out var wasQueued);
            Assert.Equal((Errno.ESPIPE.ToResult(), false), (other.Result, wasQueued));
            _input.Write("late");
        });

        Assert.Equal((4, "late"), read);
        Assert.Equal(1, waits);
    }

    [VmFact]
    public void Handle_StoppedWhileItWaits_IsEintrAndTheVcpuStops()
    {
        var (result, _) = Run(_ => _stop.Request(), VcpuEndKind.Stopped);

        // The guest never ran on to take the result.
        Assert.Equal(0, result);
    }

    private (int Result, string Text) Run(Action<VcpuWait> onWait, VcpuEndKind end = VcpuEndKind.Halted)
    {
        var code = new Code64().Out((ushort)HypercallPort.Read, Structure).InEaxDx().Store(Results, rax).Hlt();
        using var vm = VirtualMachine.Create(TestMachine.Hypervisor, BootPlans.For(Machines.Long64(code)));
        foreach (var (index, word) in new ulong[] { 0, Buffer, 16 }.Index())
        {
            Assert.True(vm.Memory.TryWrite(new GuestPhysAddr(Structure + ((ulong)index * 8)), word));
        }

        var console = new GuestConsole("vm", _output, 1 << 20);
        _gate.Open(SyscallService.For(vm.Memory, _names, new FileQuotas(new FileLimits(), console.Budget), input: null, console));
        using var vcpu = new WaitingVcpu(vm.CreateVcpu(0), onWait);
        var session = new VcpuSession(vm, vcpu, console, _stop, new VcpuSessionOptions { Hypercalls = context => new HypercallHandler(context, _gate) });

        Assert.Equal(end, session.Run().Kind);

        Assert.True(vm.Memory.TryRead(new GuestPhysAddr(Results), out int result));
        Assert.True(vm.Memory.TryRead(new GuestPhysAddr(Buffer), out uint text));
        return (result, System.Text.Encoding.ASCII.GetString(BitConverter.GetBytes(text)));
    }

    /// <summary>A vCPU whose waits are seen before they begin.</summary>
    private sealed class WaitingVcpu(IVcpu vcpu, Action<VcpuWait> onWait) : IVcpu
    {
        public int Index => vcpu.Index;

        public CoalescedWrites CoalescedWrites => vcpu.CoalescedWrites;

        public bool Wait(VmStopSignal stopSignal, in VcpuWait wait)
        {
            onWait(wait);
            return vcpu.Wait(stopSignal, wait);
        }

        public void Wake() => vcpu.Wake();

        public void Notify() => vcpu.Notify();

        public bool HasNotice => vcpu.HasNotice;

        public void TakeNotice() => vcpu.TakeNotice();

        public void NotifyLater(bool isWanted = true) => vcpu.NotifyLater(isWanted);

        public void Yield() => vcpu.Yield();

        public void BindToCurrentThread() => vcpu.BindToCurrentThread();

        public void Unbind() => vcpu.Unbind();

        public VcpuExit Run() => vcpu.Run();

        public VcpuExit CompleteInstruction() => vcpu.CompleteInstruction();

        public void Kick() => vcpu.Kick();

        public void ClearKick() => vcpu.ClearKick();

        public kvm_regs GetExitRegisters() => vcpu.GetExitRegisters();

        public ulong GetExitCr3() => vcpu.GetExitCr3();

        public void SetRax(ulong value) => vcpu.SetRax(value);

        public void SetRdx(ulong value) => vcpu.SetRdx(value);

        public kvm_regs GetRegisters() => vcpu.GetRegisters();

        public void SetRegisters(in kvm_regs registers) => vcpu.SetRegisters(registers);

        public kvm_sregs GetSpecialRegisters() => vcpu.GetSpecialRegisters();

        public void SetSpecialRegisters(in kvm_sregs registers) => vcpu.SetSpecialRegisters(registers);

        public byte[] GetFloatingPoint() => vcpu.GetFloatingPoint();

        public void SetDebug(VcpuDebug debug) => vcpu.SetDebug(debug);

        public VcpuSnapshot SaveState() => vcpu.SaveState();

        public bool TryRestoreState(VcpuSnapshot snapshot) => vcpu.TryRestoreState(snapshot);

        public void Dispose() => vcpu.Dispose();
    }
}
