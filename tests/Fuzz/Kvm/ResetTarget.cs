using KvmActors.Fuzz.Tests.Running;
using KvmActors.Fuzz.Tests.Software;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Processor;

namespace KvmActors.Fuzz.Tests.Kvm;

/// <summary>
/// A vCPU and its memory are brought to a random state, by the host and by code of a guest, and reset. Then nothing that KVM tells, or
/// that the processor in software holds, differs from a VM that was never used; nor does it after the next guest has run.
/// </summary>
internal sealed class ResetTarget : IFuzzTarget
{
    private const int MaxExits = 24;
    private const ulong CapturedLstar = 0xFFFF_8000_0012_3000;

    private readonly KvmDevice? _device;
    private readonly ResetMachine[] _machines;

    private ResetTarget(string name, KvmDevice? device, Func<IResetBackend> make)
    {
        _device = device;
        Name = name;
        var captured = make();
        _machines =
        [
            new ResetMachine(make(), BootProtocol.Real16),
            new ResetMachine(make(), BootProtocol.Protected32),
            new ResetMachine(make(), BootProtocol.Long64),
            new ResetMachine(captured, BootProtocol.Long64, vcpu => Capture(captured, vcpu)),
        ];
    }

    public string Name { get; }

    public TimeSpan Share => _device is null ? TimeSpan.FromSeconds(4) : TimeSpan.FromSeconds(10);

    /// <summary>On KVM.</summary>
    public static ResetTarget OnKvm()
    {
        var device = KvmDevice.Open();
        return new ResetTarget("reset", device, () => new KvmResetBackend(device));
    }

    /// <summary>In software.</summary>
    public static ResetTarget InSoftware() => new("reset-software", null, () => new SoftwareResetBackend());

    public string Run(FuzzInput input)
    {
        var machine = input.Pick<ResetMachine>(_machines);
        for (var steps = input.Next(3); steps > 0; steps--)
        {
            if (!TryRunGuest(machine, input))
            {
                return Crashed(machine);
            }
        }

        for (var steps = 1 + input.Next(6); steps > 0; steps--)
        {
            switch (input.Next(6))
            {
                case 0:
                    WriteMemory(machine.Vm.Memory, input);
                    break;
                case 1 when input.OneIn(4):
                    machine.Vcpu.Kick();
                    break;
                default:
                    machine.Change(input);
                    break;
            }
        }

        // In a state that no kernel would be in.
        if (input.OneIn(6) && !TryRunGuest(machine, input))
        {
            return Crashed(machine);
        }

        if (!machine.TryReset())
        {
            return "not reset";
        }

        try
        {
            machine.AssertFresh();
            machine.AssertRunsAsFresh();
            return machine.TryReset() ? "reset" : throw new FuzzFailureException("a guest that halted cannot be reset");
        }
        catch
        {
            // For the next case, which must not suffer from this one.
            machine.Replace();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var machine in _machines)
        {
            machine.Dispose();
        }

        _device?.Dispose();
    }

    // As the product does with a VM whose guest crashed.
    private static string Crashed(ResetMachine machine)
    {
        machine.Replace();
        return "crashed";
    }

    private static void WriteMemory(GuestMemory memory, FuzzInput input)
    {
        var bytes = new byte[1 + input.Next(64)];
        input.Fill(bytes);
        memory.TryWriteBytes(new GuestPhysAddr((ulong)input.Next((int)memory.TotalBytes)), bytes);
        input.Count("memory");
    }

    // False when the guest crashed.
    private static bool TryRunGuest(ResetMachine machine, FuzzInput input)
    {
        var code = GuestCode.Make(GuestLayout.BitsOf(machine.Boot), input, GuestLayout.MaxCode);
        var filling = (byte)input.Next(256);
        var exits = 1 + input.Next(MaxExits);
        var vcpu = machine.Vcpu;
        Assert.True(machine.Vm.Memory.TryWriteBytes(new GuestPhysAddr(GuestLayout.Code), code));
        if (!input.OneIn(8))
        {
            vcpu.SetRegisters(vcpu.GetRegisters() with { rip = GuestLayout.Code, rflags = 2, rsp = GuestLayout.Code });
        }

        vcpu.BindToCurrentThread();
        using var limit = new Timer(_ => vcpu.Kick(), null, TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        try
        {
            for (; exits > 0; exits--)
            {
                var exit = vcpu.Run();
                switch (exit.Reason)
                {
                    case VcpuExitReason.Io:
                        input.Count("port exit");
                        exit.Io.Data.Fill(filling);
                        break;
                    case VcpuExitReason.Mmio:
                        input.Count("memory exit");
                        exit.Mmio.Data.Fill(filling);
                        break;
                    case VcpuExitReason.Hlt:
                        input.Count("HLT");
                        break;
                    case VcpuExitReason.Intr:
                        input.Count("kick");
                        return true;
                    default:
                        input.Count(exit.Reason.ToString());
                        return exit.Reason == VcpuExitReason.IrqWindowOpen;
                }
            }

            return true;
        }
        catch (SystemCallException)
        {
            // A state that the host made up and no processor enters.
            input.Count("KVM_RUN refused");
            return false;
        }
        finally
        {
            vcpu.Unbind();
        }
    }

    // What a kernel has set when it is about to run its program.
    private static void Capture(IResetBackend backend, IVcpu vcpu)
    {
        var special = vcpu.GetSpecialRegisters();
        (special.fs.@base, special.gs.@base, special.cr2, special.cr8) = (0x7000_0000, 0xFFFF_8000_0000_1000, 0x4000, 2);
        vcpu.SetSpecialRegisters(special);
        vcpu.SetRegisters(vcpu.GetRegisters() with { rbx = 0xB0, r15 = CapturedLstar });
        backend.Boot(vcpu, CapturedLstar);
    }
}
