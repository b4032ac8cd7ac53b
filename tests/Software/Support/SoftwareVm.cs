using Iced.Intel;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Images;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Vm;

namespace KvmActors.Software.Tests.Support;

/// <summary>A machine in software whose only program is the test's own code, at address 0.</summary>
internal sealed class SoftwareVm : IDisposable
{
    private readonly VirtualMachine _vm;

    public SoftwareVm(BootProtocol boot, Action<Assembler> code, int vcpus = 1, bool isDeterministic = true)
    {
        var bits = boot switch { BootProtocol.Real16 => 16, BootProtocol.Protected32 => 32, _ => 64 };
        _vm = VirtualMachine.Create(new SoftwareHypervisor(isDeterministic), BootPlans.For(new MachineSpec
        {
            Name = "code",
            Boot = boot,
            Image = FlatImage.Parse(Assemble(bits, code), new GuestPhysAddr(0), 0),
            MemoryBytes = 4 << 20,
            Vcpus = vcpus,
        }));
        Vcpus = [.. Enumerable.Range(0, vcpus).Select(index => (SoftwareProcessor)_vm.CreateVcpu(index))];
    }

    public IReadOnlyList<SoftwareProcessor> Vcpus { get; }

    public SoftwareProcessor Vcpu => Vcpus[0];

    public GuestMemory Memory => _vm.Memory;

    public VirtualMachine Machine => _vm;

    /// <summary>Begins a run.</summary>
    public void Begin(RunSettings? settings = null) => _vm.Begin(settings ?? new RunSettings(Vcpus.Count));

    /// <summary>Code as bytes, for address 0.</summary>
    public static byte[] Assemble(int bits, Action<Assembler> code, ulong at = 0)
    {
        var assembler = new Assembler(bits);
        code(assembler);
        var bytes = new List<byte>();
        assembler.Assemble(new Writer(bytes), at);
        return [.. bytes];
    }

    /// <summary>Runs to HLT.</summary>
    public SoftwareVm RunToHlt()
    {
        Assert.Equal(VcpuExitReason.Hlt, Vcpu.Run().Reason);
        return this;
    }

    public T Read<T>(ulong address)
        where T : unmanaged
    {
        Assert.True(Memory.TryRead(new GuestPhysAddr(address), out T value), $"0x{address:x} is outside memory");
        return value;
    }

    public void Write<T>(ulong address, T value)
        where T : unmanaged => Assert.True(Memory.TryWrite(new GuestPhysAddr(address), value));

    public void Write(ulong address, byte[] bytes) => Assert.True(Memory.TryWriteBytes(new GuestPhysAddr(address), bytes));

    public void Dispose()
    {
        foreach (var vcpu in Vcpus)
        {
            vcpu.Dispose();
        }

        _vm.Dispose();
    }

    private sealed class Writer(List<byte> bytes) : CodeWriter
    {
        public override void WriteByte(byte value) => bytes.Add(value);
    }
}
