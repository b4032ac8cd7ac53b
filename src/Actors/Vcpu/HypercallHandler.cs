using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Akka.Actor;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Telemetry;
using KvmActors.Actors.Vm;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;

namespace KvmActors.Actors.Vcpu;

/// <summary>
/// Serves one vCPU's hypercalls: decodes what the guest left in registers and memory, copies it once, and checks the copy.
/// Belongs to the vCPU's thread, which may wait here for a file operation.
/// </summary>
internal sealed class HypercallHandler(KvmVcpu vcpu, GuestMemory memory, FileQueue files, VmStopSignal stop, ExitStatistics statistics)
{
    private const int MaxPanicBytes = 1024;

    private long _pendingResult = Errno.EINVAL.ToResult();

    /// <summary>The last call, for the sampler; null when the last exit was none.</summary>
    public HypercallId? LastCall { get; private set; }

    /// <summary>What the last call returned.</summary>
    public long LastResult { get; private set; }

    /// <summary>Forgets the last call.</summary>
    public void BeginExit() => LastCall = null;

    /// <summary>Serves an access to a hypercall port.</summary>
    /// <returns>How the vCPU ends, or null when it goes on.</returns>
    public VcpuEnd? Handle(in IoExit io)
    {
        if (!io.IsOut)
        {
            ReturnPending(io);
            return null;
        }

        var argument = io.Value;
        switch ((HypercallPort)io.Port)
        {
            case HypercallPort.Exit:
                return new VcpuEnd(VcpuEndKind.Exited, Status: (int)argument);
            case HypercallPort.Panic:
                return new VcpuEnd(VcpuEndKind.Panicked, Message: ReadPanic(argument));
        }

        // A call is one 4-byte `out`; anything else would be cut or repeated.
        var result = io.Data.Length == sizeof(uint) ? Call(io.Port, argument) : Errno.EINVAL.ToResult();
        if (HypercallPorts.ReturnsInRegister(io.Port))
        {
            vcpu.SetRax((ulong)result);
        }
        else
        {
            _pendingResult = result;
        }

        return null;
    }

    private void ReturnPending(in IoExit io)
    {
        Span<byte> result = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(result, _pendingResult);
        for (var data = io.Data; data.Length >= io.Size; data = data[io.Size..])
        {
            result[..io.Size].CopyTo(data);
        }

        _pendingResult = Errno.EINVAL.ToResult();
    }

    private long Call(ushort port, uint argument)
    {
        var started = Stopwatch.GetTimestamp();
        var errno = TryDecode((HypercallPort)port, argument, out var request);
        var result = errno == Errno.None ? Execute(request) : errno.ToResult();
        statistics.RecordHypercall(request.Id, Stopwatch.GetTimestamp() - started);
        (LastCall, LastResult) = (request.Id, result);
        return result;
    }

    private Errno TryDecode(HypercallPort port, uint argument, out FileRequest request)
    {
        var space = AddressSpace.Physical;
        var address = new GuestPhysAddr(argument);
        switch (port)
        {
            case HypercallPort.Open:
                request = new FileRequest(HypercallId.Open, space, Fd: -1, argument);
                return Errno.None;
            case HypercallPort.Close:
                request = new FileRequest(HypercallId.Close, space, (int)argument);
                return Errno.None;
            case HypercallPort.Read or HypercallPort.Write:
                var transfer = port == HypercallPort.Read ? HypercallId.Read : HypercallId.Write;
                var found = memory.TryRead(address, out TransferArguments call);
                request = new FileRequest(transfer, space, ToFd(call.Fd), call.Address, call.Count);
                return found ? Errno.None : Errno.EFAULT;
            case HypercallPort.Pread:
                found = memory.TryRead(address, out PreadArguments pread);
                request = new FileRequest(HypercallId.Pread64, space, ToFd(pread.Fd), pread.Address, pread.Count, pread.Offset);
                return found ? Errno.None : Errno.EFAULT;
            case HypercallPort.Lseek:
                found = memory.TryRead(address, out LseekArguments lseek);
                request = new FileRequest(HypercallId.Lseek, space, lseek.Fd, Offset: lseek.Offset, Whence: lseek.Whence);
                return found ? Errno.None : Errno.EFAULT;
            case HypercallPort.Syscall:
                return LinuxSystemCalls.TryDecode(vcpu.GetExitRegisters(), vcpu.GetExitCr3(), out request);
            default:
                request = new FileRequest(HypercallId.Unknown, space, Fd: -1);
                return Errno.ENOSYS;
        }
    }

    private long Execute(in FileRequest request)
    {
        if (files.TryEnter())
        {
            try
            {
                return files.Service.Execute(request);
            }
            finally
            {
                files.Leave();
            }
        }

        // Somebody else is inside: this thread is the vCPU's own, so it may wait its turn.
        files.AddWaiter();
        try
        {
            return files.Actor.Ask<FileReply>(new FileCall(request), stop.Token).GetAwaiter().GetResult().Result;
        }
        catch (OperationCanceledException)
        {
            return Errno.EINTR.ToResult();
        }
    }

    private string ReadPanic(uint address)
    {
        Span<byte> text = stackalloc byte[MaxPanicBytes];
        return memory.ReadString(new GuestPhysAddr(address), text, out var length) switch
        {
            GuestStringResult.Ok => PrintableText(text[..length]),
            GuestStringResult.TooLong => PrintableText(text) + "…",
            _ => $"panic with a message outside memory, at 0x{address:x}",
        };
    }

    // What a guest says ends up on a terminal: one line, and nothing the terminal would act on.
    private static string PrintableText(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(Encoding.UTF8.GetString(bytes).Trim());
        for (var index = 0; index < text.Length; index++)
        {
            text[index] = char.IsControl(text[index]) ? ' ' : text[index];
        }

        return text.ToString();
    }

    // A descriptor that does not fit 31 bits is open nowhere.
    private static int ToFd(ulong value) => value <= int.MaxValue ? (int)value : -1;

    private readonly record struct TransferArguments(ulong Fd, ulong Address, ulong Count);

    private readonly record struct PreadArguments(ulong Fd, ulong Address, ulong Count, long Offset);

    private readonly record struct LseekArguments(int Fd, int Offset, int Whence);
}
