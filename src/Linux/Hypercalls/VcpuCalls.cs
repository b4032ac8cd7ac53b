using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Hypercalls;

/// <summary>The hypercalls by which a guest's kernel uses vCPUs as the threads of its program. Belongs to the calling vCPU's thread.</summary>
internal sealed class VcpuCalls(HypercallContext context)
{
    /// <summary>HYPERCALL_VECTOR.</summary>
    public const byte Vector = 0x20;

    private const ulong Notice = 0xC000_0000_0000_0000;

    private bool _isSharing;

    /// <summary>Whether a port is one of theirs.</summary>
    public static bool Has(HypercallPort port) =>
        port is HypercallPort.Start or HypercallPort.Park or HypercallPort.Notify or HypercallPort.Flush or HypercallPort.Yield;

    /// <summary>Serves one.</summary>
    /// <returns>How the vCPU ends, or null when it goes on.</returns>
    public VcpuEnd? Serve(HypercallPort port, uint argument)
    {
        if (port == HypercallPort.Park)
        {
            return Park(argument);
        }

        var errno = port switch
        {
            HypercallPort.Start => Start(argument),
            HypercallPort.Notify => Notify(argument),
            HypercallPort.Flush => Flush(),
            _ => Yield(),
        };
        context.Vcpu.SetRax((ulong)errno.ToResult());
        return null;
    }

    /// <summary>Tells the guest's kernel of a notice, if there is one, with the result of a system call.</summary>
    /// <param name="number">The call's.</param>
    public void Tell(int number)
    {
        if (context.Vcpu.HasNotice)
        {
            context.Vcpu.TakeNotice();
            context.Vcpu.SetRdx(Notice | (uint)number);
        }
    }

    private VcpuEnd? Park(uint word)
    {
        // The `out` is the last thing it does: what the kernel reuses, it must not touch any more.
        _ = context.Vcpu.CompleteInstruction();
        context.Vcpu.ClearKick();
        context.Vcpus.Park(context.Vcpu.Index);
        if (word != 0)
        {
            context.Memory.TryWrite(new GuestPhysAddr(word), 0u);
        }

        return VcpuParking.AwaitStart(context.Vcpu, context.Vcpus, context.Stop);
    }

    private Errno Start(uint address)
    {
        if (!context.Memory.TryRead(new GuestPhysAddr(address), out StartArguments start))
        {
            return Errno.EFAULT;
        }

        if (start.Index > int.MaxValue)
        {
            return Errno.EINVAL;
        }

        var state = new VcpuStart(start.Rip, start.Rsp, start.Rdi, context.Vcpu.GetSpecialRegisters()) { TimeStampOffset = context.Vcpu.TimeStampOffset };
        var errno = context.Vcpus.Start((int)start.Index, state, context.Stop);
        if (errno == Errno.None && !_isSharing)
        {
            _isSharing = true;
            context.Vcpus.Share?.Enter();
        }

        return errno;
    }

    private Errno Notify(uint index)
    {
        if (index > int.MaxValue || context.Vcpus.Find((int)index) is not { } vcpu)
        {
            return Errno.EINVAL;
        }

        vcpu.Notify();
        return Errno.None;
    }

    private Errno Flush()
    {
        context.Vcpus.FlushOthers(context.Vcpu.Index);
        return Errno.None;
    }

    private Errno Yield()
    {
        context.Vcpu.Yield();
        return Errno.None;
    }

    private readonly record struct StartArguments(ulong Index, ulong Rip, ulong Rsp, ulong Rdi);
}
