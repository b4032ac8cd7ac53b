using System.Buffers.Binary;
using System.Diagnostics;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Debugging;
using KvmActors.Linux.Functions;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Syscalls;
using KvmActors.Linux.Tracing;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Debugging;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Streams;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Linux.Hypercalls;

/// <summary>
/// Serves one vCPU's hypercalls: has them decoded, carried out, counted, and their results put where the guest expects them.
/// Belongs to the vCPU's thread, which waits here when a call's outcome says so.
/// </summary>
/// <param name="context">The vCPU and what belongs to it.</param>
/// <param name="gate">The way to what the guest's program has at the host.</param>
/// <param name="templates">Where the moment is kept when the guest's kernel has booted; null when nobody starts from it.</param>
public sealed class HypercallHandler(HypercallContext context, SyscallGate gate, VmTemplates? templates = null) : IHypercalls
{
    private const int MaxPanicBytes = 1024;
    private const ulong MaxRandomBytes = 64;

    // _NSIG of asm/signal.h.
    private const ulong MaxSignal = 64;

    // READY_TRACES, READY_DEBUGS, READY_ARGUMENTS and READY_SHIFT of hypercall.h.
    private const long Traces = 1, Debugs = 2, Arguments = 4;
    private const int WishesShift = 8;

    // Labels for spans; apart from what serves the calls, which may be another thread's just now.
    private readonly GuestBuffers _labels = new(context.Memory);

    private readonly VcpuCalls _vcpus = new(context);

    private long _pendingResult = Errno.EINVAL.ToResult();
    private GuestCall _lastCall;
    private CallNumber _lastCallNumber;
    private bool _hasEffects;
    private bool _isOver;
    private ProgramState? _program;

    /// <summary>Is told of each system call; null when nobody wants to know.</summary>
    public SyscallTracer? Trace { get; init; }

    /// <summary>What the program is to have for arguments and environment, if it is our kernel's; null for what it has.</summary>
    public ProgramWords? Words { get; init; }

    /// <summary>Ends the vCPU when its kernel has booted: it was run for that alone.</summary>
    public bool EndsWhenReady { get; init; }

    /// <summary>Serves the functions that the guest and its host have for one another; null where there are none.</summary>
    public FunctionCalls? Functions { get; private set; }

    /// <summary>Has functions served.</summary>
    /// <param name="exchange">The exchange with whoever embeds the guest.</param>
    /// <param name="serving">How the VM is put back between two calls; null when it never can be.</param>
    public FunctionCalls ServeFunctions(FunctionExchange exchange, ServingPoint? serving) =>
        Functions = new FunctionCalls(context, exchange, serving)
        {
            Told = port => _vcpus.Tell((int)FunctionPorts.FirstNumber + (int)port),
        };

    /// <inheritdoc/>
    public byte NoticeVector => VcpuCalls.Vector;

    /// <inheritdoc/>
    public bool Claims(ushort port) => HypercallPorts.IsHypercall(port);

    /// <inheritdoc/>
    public int ReadLastPath(Span<byte> target) => SyscallPaths.Read(_labels, _lastCall, target);

    /// <inheritdoc/>
    public bool TryInterrupt(out VcpuEnd? vcpuEnd)
    {
        vcpuEnd = null;
        return Functions?.TryInterrupt(out vcpuEnd) == true;
    }

    /// <inheritdoc/>
    public VcpuEnd? Handle(in IoExit io)
    {
        if (!io.IsOut)
        {
            ReturnPending(io);
            return null;
        }

        var argument = io.Value;
        if (Functions is { } functions && FindFunctionPort(io, out var asked) is { } function)
        {
            return functions.Serve(function, asked);
        }

        switch ((HypercallPort)io.Port)
        {
            case HypercallPort.Exit:
                Trace?.Exited((int)argument);
                return new VcpuEnd(VcpuEndKind.Exited, Status: (int)argument);
            case HypercallPort.ExitGroup:
                Trace?.Exited((int)argument);
                return new VcpuEnd(VcpuEndKind.Exited, Status: (int)argument) { EndsVm = context.Vcpus.HasStarted };
            case var port when VcpuCalls.Has(port):
                if (port == HypercallPort.Start && context.Vcpu.TimeStampOffset is null)
                {
                    // Another vCPU may read another time.
                    gate.Clock?.Withdraw();
                }

                return _vcpus.Serve(port, argument);
            case HypercallPort.Panic:
                return new VcpuEnd(VcpuEndKind.Panicked, Message: ReadMessage(argument));
            case HypercallPort.Killed:
                var isRead = HypercallDecoder.TryReadKilled(context.Memory, argument, out var signal, out var message);
                Trace?.Killed(signal);
                return isRead
                    ? new VcpuEnd(VcpuEndKind.Killed, Message: ReadMessage(message)) { Signal = signal, Program = _program }
                    : new VcpuEnd(VcpuEndKind.Panicked, Message: $"killed by a signal that cannot be read, at 0x{argument:x}");
            case HypercallPort.Refused:
                return HypercallDecoder.TryReadRefused(context.Memory, argument, out var status, out var reason)
                    ? new VcpuEnd(VcpuEndKind.Exited, Status: status, Message: ReadMessage(reason))
                    : new VcpuEnd(VcpuEndKind.Panicked, Message: $"no program was started, for a reason that cannot be read, at 0x{argument:x}");
            case HypercallPort.Entered or HypercallPort.Returned when Trace is { } trace:
                Tell(trace, (HypercallPort)io.Port);
                return null;
            case HypercallPort.Trap when context.Debugged is { } debugged:
                context.Vcpu.SetRax((ulong)Tell(debugged, argument).ToResult());
                return null;
            case HypercallPort.Context:
                _program = ProgramStateReader.Read(context.Memory, context.Vcpu.GetSpecialRegisters(), argument);
                context.Vcpu.SetRax((ulong)(_program is null ? Errno.EFAULT : Errno.None).ToResult());
                return null;
        }

        // A call is one 4-byte `out`; anything else would be cut or repeated.
        var isCall = io.Size == sizeof(uint) && io.Data.Length == sizeof(uint);
        var outcome = isCall ? Call((HypercallPort)io.Port, argument) : new CallOutcome(Errno.EINVAL.ToResult());
        if (outcome.Fault is { } fault)
        {
            // RAX stays the call's number: the guest maps the page and makes the call again.
            context.Vcpu.SetRdx(fault.ToRegister());
        }
        else if (HypercallPorts.ReturnsInRegister(io.Port))
        {
            context.Vcpu.SetRax((ulong)outcome.Result);
            if ((HypercallPort)io.Port == HypercallPort.Syscall)
            {
                _vcpus.Tell((int)_lastCallNumber);
            }
        }
        else
        {
            _pendingResult = outcome.Result;
        }

        return _isOver ? new VcpuEnd(VcpuEndKind.Halted) : null;
    }

    // Its arguments, too: of a program in its registers, of a bare guest in memory.
    private FunctionPort? FindFunctionPort(in IoExit io, out GuestCall call)
    {
        call = default;
        if ((HypercallPort)io.Port == HypercallPort.Syscall)
        {
            var registers = context.Vcpu.GetExitRegisters();
            if (FunctionPorts.OfNumber(registers.rax) is not { } number)
            {
                return null;
            }

            call = SyscallConvention.Decode(registers, context.Vcpu.GetExitCr3()) with { Number = CallNumber.Unknown };
            return number;
        }

        var port = FunctionPorts.OfPort(io.Port);
        if (port is not null)
        {
            HypercallDecoder.ReadFunction(context.Memory, io.Value, out call);
        }

        return port;
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

    private CallOutcome Call(HypercallPort port, uint argument)
    {
        var started = Stopwatch.GetTimestamp();
        var errno = TryDecode(port, argument, out var call);
        var outcome = errno == Errno.None ? Serve(port, call, out var wasQueued) : Refuse(errno, out wasQueued);
        var ended = Stopwatch.GetTimestamp();
        var waited = outcome.Wait is not null;
        var began = context.Clock?.Now ?? 0;

        // Outside the gate, so that the VM's other vCPUs go on. What is measured is the first try: the rest is waiting.
        while (outcome.Wait is { } wait)
        {
            if (outcome.IsRetried && context.Vcpu.HasNotice)
            {
                outcome = Serve(port, call with { Waited = WaitedSince(ended, began), IsInterrupted = true }, out _);
                if (outcome.Wait is not null)
                {
                    // It holds on to nothing: it is as if it had not been made.
                    outcome = new CallOutcome(Errno.ERESTARTSYS.ToResult());
                }
            }
            else if (!context.Vcpu.Wait(context.Stop, wait))
            {
                outcome = new CallOutcome(Errno.EINTR.ToResult());
            }
            else if (outcome.IsRetried)
            {
                outcome = Serve(port, call with { Waited = WaitedSince(ended, began) }, out _);
            }
            else
            {
                break;
            }
        }

        if (context.Rate?.Take(1) is > 0 and var delay)
        {
            waited = true;
            context.Vcpu.Wait(context.Stop, new VcpuWait(delay, IsThrottle: true));
        }

        if (port == HypercallPort.Syscall && outcome.Fault is null)
        {
            Trace?.Served(call, outcome.Result);
            if (call.Number is CallNumber.ClockGettime or CallNumber.Gettimeofday or CallNumber.Time)
            {
                // Who asks finds out by itself from now on.
                gate.Clock?.Refresh(context.Vcpu);
            }
        }

        Note(port, call, new RecordedCall((int)call.Number, started, ended, outcome.Result) { WasQueued = wasQueued, Waited = waited });
        return outcome;
    }

    // In nanoseconds, as the guest sees it.
    private long WaitedSince(long ticks, long moment) =>
        context.Clock is { } clock ? clock.Now - moment : (long)Stopwatch.GetElapsedTime(ticks).TotalNanoseconds;

    private CallOutcome Serve(HypercallPort port, in GuestCall call, out bool wasQueued)
    {
        _hasEffects |= port is HypercallPort.Syscall or HypercallPort.Read or HypercallPort.Write;
        wasQueued = false;
        return port switch
        {
            HypercallPort.Zero or HypercallPort.Fill or HypercallPort.Runs => new CallOutcome(MemoryCalls.Execute(context.Memory, call, context.Stop)),
            HypercallPort.Ready => new CallOutcome(BeReady(call)),
            HypercallPort.Random => new CallOutcome(FillRandom(call).ToResult()),
            _ => gate.Serve(call, context.Stop, out wasQueued),
        };
    }

    private static CallOutcome Refuse(Errno errno, out bool wasQueued)
    {
        wasQueued = false;
        return new CallOutcome(errno.ToResult());
    }

    private void Note(HypercallPort port, in GuestCall call, in RecordedCall served)
    {
        _lastCall = call;
        if (port == HypercallPort.Syscall && SyscallTable.Find(call.Number) is null)
        {
            context.Statistics.RecordMissing((int)call.Number);
            _lastCall = call with { Number = CallNumber.Unknown };
        }

        var number = (int)_lastCall.Number;
        context.Statistics.RecordCall(number, served.Ended - served.Started);
        context.Note.Set(served with { Number = number, First = call.First, Third = call.Third });
    }

    private Errno TryDecode(HypercallPort port, uint argument, out GuestCall call)
    {
        if (port != HypercallPort.Syscall)
        {
            var errno = HypercallDecoder.TryDecode(context.Memory, port, argument, out call);
            call = call with { Vcpu = context.Vcpu.Index };
            return errno;
        }

        call = SyscallConvention.Decode(context.Vcpu.GetExitRegisters(), context.Vcpu.GetExitCr3()) with { Vcpu = context.Vcpu.Index };
        _lastCallNumber = call.Number;
        return Errno.None;
    }

    // The guest's kernel is about to run its program: from here on, instances differ.
    private long BeReady(in GuestCall call)
    {
        var place = new MemoryRange(new GuestPhysAddr(call.First), call.Second);
        if (FillRandom(call) is var errno and not Errno.None)
        {
            return errno.ToResult();
        }

        if (templates is not null && !_hasEffects && !context.Vcpus.HasStarted && gate.IsUntouched())
        {
            // What others find in RAX, too.
            context.Vcpu.SetRax(0);
            templates.TryCapture(context.Vcpu, context.Memory, place);
        }

        if (context.Debugged is { } debugged)
        {
            debugged.Begin(DebuggedProgram.Read(context.Memory, context.Vcpu));
        }

        _isOver = EndsWhenReady;
        return (Trace is null ? 0 : Traces) | (context.Debugged is null ? 0 : Debugs) | (Words is null ? 0 : PutWords(context.Memory, context.Plan!, Words));
    }

    /// <summary>Gives a program that is about to begin other arguments and another environment.</summary>
    /// <returns>What its kernel is to find in RAX, besides what else there may be.</returns>
    public static long PutWords(GuestMemory memory, IBootPlan plan, ProgramWords words) =>
        plan.TryReplace(memory, vcpu: 0, words.Args, words.Env, out var stackPointer) ? Arguments | ((long)stackPointer.Value << WishesShift) : 0;

    private Errno FillRandom(in GuestCall call)
    {
        if (call.Second > MaxRandomBytes)
        {
            return Errno.EINVAL;
        }

        if (!context.Memory.TryGetSpan(new GuestPhysAddr(call.First), call.Second, out var bytes))
        {
            return Errno.EFAULT;
        }

        context.Random.Fill(bytes);
        return Errno.None;
    }

    private void Tell(SyscallTracer trace, HypercallPort port)
    {
        var registers = context.Vcpu.GetExitRegisters();
        if (port == HypercallPort.Entered)
        {
            trace.Entered(SyscallConvention.Decode(registers, context.Vcpu.GetExitCr3()));
        }
        else
        {
            trace.Returned((long)registers.rax);
        }
    }

    private Errno Tell(IDebuggedThread debugged, uint argument)
    {
        if (!context.Memory.TryRead(new GuestPhysAddr(argument), out ulong registers)
            || !context.Memory.TryRead(new GuestPhysAddr(argument + sizeof(ulong)), out ulong signal) || signal > MaxSignal)
        {
            return Errno.EFAULT;
        }

        debugged.Trap(registers, (int)signal);
        return Errno.None;
    }

    private string ReadMessage(uint address)
    {
        Span<byte> text = stackalloc byte[MaxPanicBytes];
        return context.Memory.ReadString(new GuestPhysAddr(address), text, out var length) switch
        {
            GuestStringResult.Ok => PrintableText.Of(text[..length]),
            GuestStringResult.TooLong => PrintableText.Of(text, isCut: true),
            _ => $"panic with a message outside memory, at 0x{address:x}",
        };
    }
}
