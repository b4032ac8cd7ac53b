using KvmActors.Fuzz.Tests.Running;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Vm;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Fuzz.Tests.Kvm;

/// <summary>A template, one VM of it that is used again and again, and what a VM of it is like that was never used.</summary>
internal sealed class ResetMachine : IDisposable
{
    private readonly IResetBackend _backend;
    private readonly object _fresh, _ran;
    private readonly byte[] _freshMemory, _ranMemory;
    private readonly VmTemplate _template;
    private VirtualMachine? _vm;
    private IVcpu? _vcpu;

    /// <param name="backend">What runs it; of its own.</param>
    /// <param name="boot">In which mode it starts.</param>
    /// <param name="captured">What is done to a VM that the template is taken from; null for the moment before the first instruction.</param>
    public ResetMachine(IResetBackend backend, BootProtocol boot, Action<IVcpu>? captured = null)
    {
        Boot = boot;
        _backend = backend;
        var plan = BootPlans.For(GuestLayout.Machine(boot, Probe(GuestLayout.BitsOf(boot))));
        _template = VmTemplate.BeforeBoot(plan);
        Renew();
        if (captured is not null)
        {
            captured(Vcpu);
            var before = _template;
            _template = VmTemplate.Booted(plan, Vcpu, Vm.Memory, new MemoryRange(new GuestPhysAddr(RandomPlace), 16));
            Close();
            before.Dispose();
        }

        // The first was not made from the snapshot that it gave, so it is not the measure.
        Close();
        Renew();
        _fresh = State();
        _freshMemory = Memory().ToArray();
        RunProbe();
        _ran = State();
        _ranMemory = Memory().ToArray();
        Close();
        Renew();
    }

    /// <summary>Where the template's random bytes are, if it has any.</summary>
    public const uint RandomPlace = GuestLayout.Results + 0xF00;

    /// <summary>In which mode it starts.</summary>
    public BootProtocol Boot { get; }

    /// <summary>The VM in use.</summary>
    public VirtualMachine Vm => _vm!;

    /// <summary>Its vCPU.</summary>
    public IVcpu Vcpu => _vcpu!;

    /// <summary>Changes one part of the vCPU's state.</summary>
    public void Change(FuzzInput input) => _backend.Change(Vcpu, input);

    /// <summary>Resets the VM as the product does.</summary>
    /// <returns>False when it cannot be; there is a new one then.</returns>
    public bool TryReset()
    {
        if (!_template.TryReset(Vcpu))
        {
            Replace();
            return false;
        }

        _template.Reset(Vm);
        return true;
    }

    /// <summary>Closes the VM and makes another.</summary>
    public void Replace()
    {
        Close();
        Renew();
    }

    /// <summary>Compares everything with a VM that was never used.</summary>
    public void AssertFresh() => AssertSame("after the reset", _fresh, _freshMemory);

    /// <summary>Runs what every VM of the template runs, and compares everything with one that ran nothing else.</summary>
    public void AssertRunsAsFresh()
    {
        RunProbe();
        AssertSame("after the next guest", _ran, _ranMemory);
    }

    public void Dispose()
    {
        Close();
        _template.Dispose();
    }

    private void AssertSame(string when, object expected, byte[] memory)
    {
        if (_backend.Compare(State(), expected) is { Count: > 0 } differences)
        {
            throw new FuzzFailureException($"{Boot}, {when}: {string.Join("; ", differences)}");
        }

        var now = Memory();
        now.Slice((int)RandomPlace, 16).CopyTo(memory.AsSpan((int)RandomPlace));
        var at = now.CommonPrefixLength(memory);
        if (at < memory.Length)
        {
            throw new FuzzFailureException($"{Boot}, {when}: memory at 0x{at:x} holds 0x{now[at]:x} and not 0x{memory[at]:x}");
        }
    }

    private void RunProbe()
    {
        var exit = Vcpu.Run().Reason;
        if (exit != VcpuExitReason.Hlt)
        {
            throw new FuzzFailureException($"{Boot}: the next guest ends with {exit} at 0x{Vcpu.GetRegisters().rip:x}");
        }
    }

    private object State()
    {
        Arrive();
        return _backend.Look(Vcpu);
    }

    // Through an entry that is kicked at once: what travels in the run page has arrived then.
    private void Arrive()
    {
        Vcpu.CompleteInstruction();
        Vcpu.ClearKick();
    }

    private Span<byte> Memory() =>
        Vm.Memory.TryGetSpan(new GuestPhysAddr(0), Vm.Memory.TotalBytes, out var bytes) ? bytes : throw new InvalidOperationException("Memory has a hole.");

    private void Renew()
    {
        _vm = _template.CreateVm(_backend.Hypervisor);
        _vcpu = _template.CreateVcpu(_vm, 0);
        Arrive();
    }

    private void Close()
    {
        _vcpu?.Dispose();
        _vm?.Dispose();
        (_vcpu, _vm) = (null, null);
    }

    // What CPUID, LSTAR, the time-stamp counter's high half and the control registers say, at Results; then HLT.
    private static byte[] Probe(int bits)
    {
        var code = new List<byte>();
        var place = GuestLayout.Results;
        Move(0, 1);
        code.AddRange([0x0F, 0xA2]);
        Store(0);
        Store(1);
        Store(2);
        Move(1, 0xC000_0082);
        code.AddRange([0x0F, 0x32]);
        Store(0);
        Move(1, 0x277);
        code.AddRange([0x0F, 0x32]);
        Store(0);
        code.AddRange([0x0F, 0x20, 0xC0]);
        Store(0);
        code.AddRange([0x0F, 0x20, 0xE0]);
        Store(0);
        code.Add(0xF4);
        return [.. code];

        void Move(byte register, uint value) => code.AddRange([.. bits == 16 ? (byte[])[0x66] : [], (byte)(0xB8 + register), .. BitConverter.GetBytes(value)]);

        void Store(byte register)
        {
            code.AddRange([.. bits == 16 ? (byte[])[0x66, 0x67] : [], 0x89, (byte)((register << 3) | 4), 0x25, .. BitConverter.GetBytes(place)]);
            place += sizeof(uint);
        }
    }
}
