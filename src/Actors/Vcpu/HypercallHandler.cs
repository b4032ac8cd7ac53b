using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Akka.Actor;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Hypercalls.Syscalls;
using KvmActors.Actors.Output;
using KvmActors.Actors.Recording;
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
internal sealed class HypercallHandler(
    KvmVcpu vcpu, GuestMemory memory, FileQueue files, VmStopSignal stop, ExitStatistics statistics, VmTemplates? templates = null)
{
    private const int MaxPanicBytes = 1024;

    // _NSIG of asm/signal.h.
    private const ulong MaxSignal = 64;

    private const ulong MaxRandomBytes = 64;

    // Labels for spans; apart from what serves the calls, which may be another thread's just now.
    private readonly GuestBuffers _labels = new(memory);

    private long _pendingResult = Errno.EINVAL.ToResult();
    private FileRequest _lastRequest;
    private bool _wasQueued;
    private bool _hasEffects;

    /// <summary>Keeps calls for the report and the timeline; null when neither is wanted.</summary>
    public ExitRecorder? Recorder { get; init; }

    /// <summary>The last call, for the sampler; null when the last exit was none.</summary>
    public HypercallId? LastCall { get; private set; }

    /// <summary>What the last call returned.</summary>
    public long LastResult { get; private set; }

    /// <summary>Forgets the last call.</summary>
    public void BeginExit() => LastCall = null;

    /// <summary>The path the last call was about, as the guest's memory has it now; null when there is none. Allocates.</summary>
    public string? ReadLastPath() => LastCall is null ? null : SyscallPaths.Read(_labels, _lastRequest);

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
                return new VcpuEnd(VcpuEndKind.Panicked, Message: ReadMessage(argument));
            case HypercallPort.Killed:
                return ReadKilled(argument);
        }

        // A call is one 4-byte `out`; anything else would be cut or repeated.
        var outcome = io.Data.Length == sizeof(uint) ? Call((HypercallPort)io.Port, argument) : new FileOutcome(Errno.EINVAL.ToResult());
        if (outcome.Fault is { } fault)
        {
            // RAX stays the call's number: the guest maps the page and makes the call again.
            vcpu.SetRdx(fault.ToRegister());
        }
        else if (HypercallPorts.ReturnsInRegister(io.Port))
        {
            vcpu.SetRax((ulong)outcome.Result);
        }
        else
        {
            _pendingResult = outcome.Result;
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

    private FileOutcome Call(HypercallPort port, uint argument)
    {
        _wasQueued = false;
        var started = Stopwatch.GetTimestamp();
        _hasEffects |= port is HypercallPort.Syscall or HypercallPort.Read or HypercallPort.Write;
        var errno = TryDecode(port, argument, out var request);
        var outcome = errno != Errno.None ? new FileOutcome(errno.ToResult())
            : port is HypercallPort.Zero or HypercallPort.Fill or HypercallPort.Runs ? new FileOutcome(MemoryCalls.Execute(memory, request))
            : port == HypercallPort.Ready ? new FileOutcome(BecomeReady(request))
            : Execute(request);
        if (port == HypercallPort.Syscall && SyscallTable.ServerOf(request.Id) == SyscallServer.None)
        {
            statistics.RecordMissing((int)request.Id);
            request = request with { Id = HypercallId.Unknown };
        }

        _lastRequest = request;
        var ended = Stopwatch.GetTimestamp();
        statistics.RecordHypercall(request.Id, ended - started);
        (LastCall, LastResult) = (request.Id, outcome.Result);
        Recorder?.NoteCall(request, started, ended, outcome, _wasQueued);
        if (outcome.SleepNanoseconds != 0 && !stop.WaitFor(outcome.SleepNanoseconds))
        {
            return new FileOutcome(Errno.EINTR.ToResult());
        }

        return outcome;
    }

    private Errno TryDecode(HypercallPort port, uint argument, out FileRequest request)
    {
        var space = AddressSpace.Physical;
        var address = new GuestPhysAddr(argument);
        switch (port)
        {
            case HypercallPort.Open:
                request = new FileRequest(HypercallId.Open, space, argument);
                return Errno.None;
            case HypercallPort.Close:
                request = new FileRequest(HypercallId.Close, space, argument);
                return Errno.None;
            case HypercallPort.Read or HypercallPort.Write:
                var found = memory.TryRead(address, out ThreeWords transfer);
                request = new FileRequest(
                    port == HypercallPort.Read ? HypercallId.Read : HypercallId.Write, space, ToFd(transfer.First), transfer.Second, transfer.Third);
                return found ? Errno.None : Errno.EFAULT;
            case HypercallPort.Pread or HypercallPort.Preadv:
                found = memory.TryRead(address, out FourWords words);
                request = new FileRequest(
                    port == HypercallPort.Pread ? HypercallId.Pread64 : HypercallId.Preadv, space, ToFd(words.First), words.Second, words.Third, words.Fourth);
                return found ? Errno.None : Errno.EFAULT;
            case HypercallPort.Lseek:
                found = memory.TryRead(address, out LseekArguments lseek);
                request = new FileRequest(HypercallId.Lseek, space, (ulong)lseek.Fd, (ulong)lseek.Offset, (ulong)lseek.Whence);
                return found ? Errno.None : Errno.EFAULT;
            case HypercallPort.Zero:
                found = memory.TryRead(address, out TwoWords range);
                request = new FileRequest(HypercallId.Zero, space, range.First, range.Second);
                return found ? Errno.None : Errno.EFAULT;
            case HypercallPort.Fill:
                found = memory.TryRead(address, out words);
                request = new FileRequest(HypercallId.Fill, space, words.First, words.Second, words.Third, words.Fourth);
                return found ? Errno.None : Errno.EFAULT;
            case HypercallPort.Runs:
                found = memory.TryRead(address, out FiveWords runs);
                request = new FileRequest(HypercallId.Runs, space, runs.First, runs.Second, runs.Third, runs.Fourth, runs.Fifth);
                return found ? Errno.None : Errno.EFAULT;
            case HypercallPort.Ready:
                found = memory.TryRead(address, out range);
                request = new FileRequest(HypercallId.Ready, space, range.First, range.Second);
                return found ? Errno.None : Errno.EFAULT;
            case HypercallPort.Syscall:
                request = LinuxSystemCalls.Decode(vcpu.GetExitRegisters(), vcpu.GetExitCr3());
                return Errno.None;
            default:
                request = new FileRequest(HypercallId.Unknown, space);
                return Errno.ENOSYS;
        }
    }

    private FileOutcome Execute(in FileRequest request)
    {
        if (files.TryEnter())
        {
            try
            {
                return files.Service.Serve(request);
            }
            finally
            {
                files.Leave();
            }
        }

        // Somebody else is inside: this thread is the vCPU's own, so it may wait its turn.
        _wasQueued = true;
        files.AddWaiter();
        try
        {
            return files.Actor.Ask<FileReply>(new FileCall(request), stop.Token).GetAwaiter().GetResult().Outcome;
        }
        catch (OperationCanceledException)
        {
            return new FileOutcome(Errno.EINTR.ToResult());
        }
    }

    private long BecomeReady(in FileRequest call)
    {
        var place = new MemoryRange(new GuestPhysAddr(call.First), call.Second);
        if (call.Second > MaxRandomBytes)
        {
            return Errno.EINVAL.ToResult();
        }

        if (!memory.TryGetSpan(place.Start, place.Length, out var bytes))
        {
            return Errno.EFAULT.ToResult();
        }

        HostRandom.Fill(bytes);
        if (!_hasEffects && files.TryEnter())
        {
            var isUntouched = files.Service.IsUntouched;
            files.Leave();
            if (isUntouched)
            {
                // What others find in RAX, too.
                vcpu.SetRax(0);
                templates?.TryCapture(vcpu, memory, place);
            }
        }

        return 0;
    }

    private VcpuEnd ReadKilled(uint argument)
    {
        if (!memory.TryRead(new GuestPhysAddr(argument), out TwoWords killed) || killed.First is 0 or > MaxSignal || killed.Second > uint.MaxValue)
        {
            return new VcpuEnd(VcpuEndKind.Panicked, Message: $"killed by a signal that cannot be read, at 0x{argument:x}");
        }

        return new VcpuEnd(VcpuEndKind.Killed, Message: ReadMessage((uint)killed.Second)) { Signal = (int)killed.First };
    }

    private string ReadMessage(uint address)
    {
        Span<byte> text = stackalloc byte[MaxPanicBytes];
        return memory.ReadString(new GuestPhysAddr(address), text, out var length) switch
        {
            GuestStringResult.Ok => OneLine(text[..length]),
            GuestStringResult.TooLong => OneLine(text) + "…",
            _ => $"panic with a message outside memory, at 0x{address:x}",
        };
    }

    private static string OneLine(ReadOnlySpan<byte> bytes) => PrintableText.Of(Encoding.UTF8.GetString(bytes).Trim());

    // A descriptor that does not fit 31 bits is open nowhere.
    private static ulong ToFd(ulong value) => value <= int.MaxValue ? value : ulong.MaxValue;

    private readonly record struct TwoWords(ulong First, ulong Second);

    private readonly record struct ThreeWords(ulong First, ulong Second, ulong Third);

    private readonly record struct FiveWords(ulong First, ulong Second, ulong Third, ulong Fourth, ulong Fifth);

    private readonly record struct FourWords(ulong First, ulong Second, ulong Third, ulong Fourth);

    private readonly record struct LseekArguments(int Fd, int Offset, int Whence);
}
