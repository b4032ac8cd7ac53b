using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Processor;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Linux.Functions;

/// <summary>
/// Serves one vCPU's part in an exchange of functions: brings requests to the guest and its answers back, and calls the host's functions for
/// it. Belongs to the vCPU's thread, which waits here; nothing a guest says ends in an exception.
/// </summary>
/// <param name="context">The vCPU and what belongs to it.</param>
/// <param name="exchange">The exchange.</param>
/// <param name="serving">How the VM is reset to where it first waited for calls; null when it never can be.</param>
public sealed partial class FunctionCalls(HypercallContext context, FunctionExchange exchange, ServingPoint? serving)
{
    private const int MaxNameBytes = 129, MaxExports = 256;

    private readonly HypercallContext _context = context;
    private readonly FunctionExchange _exchange = exchange;
    private readonly FunctionBuffer _buffer = new(context.Memory);
    private readonly byte[] _name = new byte[MaxNameBytes];
    private FunctionRequest? _current;
    private FunctionRequest? _delivering;
    private FunctionPort _served;
    private bool _isSystemCall;
    private GuestCall _next, _firstNext;

    /// <summary>Tells the guest's kernel of a notice, if there is one, together with the result of one of these calls.</summary>
    public Action<FunctionPort>? Told { get; init; }

    /// <summary>Serves a call.</summary>
    /// <param name="port">Which.</param>
    /// <param name="call">Its arguments.</param>
    /// <returns>How the vCPU ends, or null when it goes on.</returns>
    public VcpuEnd? Serve(FunctionPort port, in GuestCall call)
    {
        _buffer.Begin();
        (_served, _isSystemCall) = (port, call.Space.Cr3 is not null);
        switch (port)
        {
            case FunctionPort.Next:
                return Next(call);
            case FunctionPort.Export:
                Return(Export(call));
                return null;
            case FunctionPort.Import:
                Return(Import(call));
                return null;
            default:
                return Invoke(call);
        }
    }

    /// <summary>The vCPU begins where its program first waited for calls: it goes on waiting, before it enters the guest.</summary>
    /// <returns>How the vCPU ends, or null when it goes on.</returns>
    public VcpuEnd? BeginServing()
    {
        (_next, _firstNext, _served) = (_exchange.Kept.FirstNext, _exchange.Kept.FirstNext, FunctionPort.Next);
        _isSystemCall = _next.Space.Cr3 is not null;
        _exchange.CanReset = true;
        _exchange.Serve();
        return Await();
    }

    /// <summary>The vCPU was kicked: a request may have been taken back.</summary>
    /// <param name="end">How the vCPU ends, or null when it goes on.</param>
    /// <returns>Whether it was so, and the guest is at its beginning again.</returns>
    public bool TryInterrupt(out VcpuEnd? end)
    {
        end = null;
        if ((_current ?? _delivering) is not { IsAborted: true } request || _session is not null)
        {
            return false;
        }

        end = Abort(request) ?? Await();
        return true;
    }

    // What became of the last call first, so that whoever made it goes on while this vCPU makes itself ready.
    private VcpuEnd? Next(in GuestCall call)
    {
        _next = call;
        if (_current is { } request && _delivering is null)
        {
            // Once it is answered, the request may be another one.
            var resets = request.Resets;
            var errno = TakeAnswer(call, request);
            if (errno != Errno.None)
            {
                ReturnFault(errno);
                return null;
            }

            if (_session is { } session)
            {
                // Its caller is further up on this stack.
                session.IsBack = true;
                return null;
            }

            if (resets && Reset() is { } end)
            {
                return end;
            }
        }

        if (_session is { } open && _delivering is null)
        {
            // It waits again without having had the call, which was not to be delivered: nothing else is served below the session.
            open.IsBack = true;
            return null;
        }

        if (!_exchange.IsServing && serving is not null)
        {
            _firstNext = _next;

            // Before others can begin there, and by one alone: what it had named goes with its memory.
            var isFirst = serving.IsShared && _exchange.Kept.TryKeep(_exchange.Exports, _next);
            _exchange.CanReset = serving.TryKeep(_context.Vcpu, isFirst);
        }

        _exchange.Serve();
        return Await();
    }

    // Until there is a call for the guest, or the VM ends.
    private VcpuEnd? Await()
    {
        while (!_context.Stop.IsRequested)
        {
            if ((_delivering ?? _exchange.Take(_context.Vcpu.Index)) is { } request)
            {
                if (request.Session is not null)
                {
                    if (RunSession(request) is { } ended)
                    {
                        return ended;
                    }
                }
                else if (request.Function < 0)
                {
                    if (CarryOutReset(request) is { } ended)
                    {
                        return ended;
                    }
                }
                else if (Deliver(request))
                {
                    return null;
                }
                else if (_session is { } session)
                {
                    // Its call has failed; who made it says what comes next.
                    session.IsBack = true;
                    return null;
                }
            }
            else if (_context.Vcpu.HasNotice && !_isSystemCall)
            {
                // There is no kernel to hear of it.
                _context.Vcpu.TakeNotice();
            }
            else if (_context.Vcpu.HasNotice)
            {
                // A signal for this thread; afterwards it waits again.
                _exchange.Leave(_context.Vcpu.Index);
                Return(Errno.EINTR.ToResult());
                return null;
            }
            else
            {
                _context.Vcpu.Wait(_context.Stop, new VcpuWait(Nanoseconds: -1));
            }
        }

        return null;
    }

    // True when the guest goes on: with the call, or to bring the page that the call is to be written to.
    private bool Deliver(FunctionRequest request)
    {
        if (request.IsAborted)
        {
            _delivering = null;
            _exchange.Finish(request, FunctionOutcome.Aborted);
            return false;
        }

        _buffer.Begin();
        var room = FunctionBuffer.RoomIn(_next.Second);
        if (request.Arguments.Length > room)
        {
            // The guest may have come back from bringing a page with another buffer.
            (request.Room, _delivering) = (Math.Max(0, room), null);
            _exchange.Finish(request, FunctionOutcome.TooLong);
            return false;
        }

        var errno = _buffer.Write(_next.Space, _next.First, hasFailed: false, request.Arguments.Span);
        if (errno != Errno.None)
        {
            _delivering = _buffer.Fault is null ? null : request;
            if (_delivering is null)
            {
                _exchange.Finish(request, FunctionOutcome.TooLong);
            }

            ReturnFault(errno);
            return true;
        }

        (_current, _delivering) = (request, null);
        Return(request.Function);
        return true;
    }

    private Errno TakeAnswer(in GuestCall call, FunctionRequest request)
    {
        var errno = _buffer.ReadHeader(call.Space, call.First, call.Second, out var hasFailed, out var bytes);
        if (errno == Errno.None)
        {
            // Before anything is taken of the host's memory for it.
            errno = _buffer.Check(call.Space, call.First, (ulong)bytes + 16);
        }

        if (errno == Errno.None)
        {
            errno = _buffer.ReadData(call.Space, call.First, request.RoomFor(bytes));
        }

        if (_buffer.Fault is not null)
        {
            return errno;
        }

        // Whatever is wrong with its answer, it has answered.
        _current = null;
        hasFailed |= errno != Errno.None;
        if (errno != Errno.None)
        {
            "the guest's answer cannot be read"u8.CopyTo(request.RoomFor("the guest's answer cannot be read"u8.Length));
        }

        _exchange.Finish(request, hasFailed ? FunctionOutcome.Failed : FunctionOutcome.Answered);
        return Errno.None;
    }

    private VcpuEnd? CarryOutReset(FunctionRequest request)
    {
        if (!_exchange.CanReset)
        {
            _exchange.Finish(request, FunctionOutcome.CannotReset);
            return null;
        }

        var end = Reset();
        _exchange.Finish(request, end is null ? FunctionOutcome.Answered : FunctionOutcome.GuestEnded);
        return end;
    }

    private VcpuEnd? Abort(FunctionRequest request)
    {
        (_current, _delivering) = (null, null);
        var end = Reset();
        _exchange.Finish(request, end is null ? FunctionOutcome.Aborted : FunctionOutcome.GuestEnded);
        return end;
    }

    // The guest is where it first waited for calls, and its buffer is the one it had then.
    private VcpuEnd? Reset()
    {
        if (serving?.TryReset(_context.Vcpu) == true)
        {
            _context.Vcpu.ClearKick();
            _context.Vcpu.TakeNotice();
            (_next, _served) = (_firstNext, FunctionPort.Next);
            return null;
        }

        _exchange.CanReset = false;
        return new VcpuEnd(VcpuEndKind.Crashed, Message: "the guest could not be reset");
    }

    private long Export(in GuestCall call)
    {
        if (call.Second > MaxExports)
        {
            return Errno.E2BIG.ToResult();
        }

        var functions = new List<FunctionName>((int)call.Second);
        for (ulong row = 0; row < call.Second; row++)
        {
            var errno = _buffer.Read(call.Space, call.First + (row * 2 * sizeof(ulong)), out Row pointers);
            if (errno != Errno.None || !TryReadName(call, pointers.Name, pointers.Signature, out var function, out errno))
            {
                return Fail(errno);
            }

            functions.Add(function);
        }

        _exchange.Export(functions);
        return 0;
    }

    private long Import(in GuestCall call)
    {
        if (!TryReadName(call, call.First, call.Second, out var function, out var errno))
        {
            return Fail(errno);
        }

        return _exchange.Offered.FindSignature(function.Name) is not { } signature ? Errno.ENOENT.ToResult()
            : signature != function.Signature ? Errno.EINVAL.ToResult()
            : _exchange.Kept.NumberOf(function);
    }

    private bool TryReadName(in GuestCall call, ulong name, ulong signature, out FunctionName function, out Errno errno)
    {
        function = default;
        errno = _buffer.ReadText(call.Space, name, _name, out var length);
        if (errno != Errno.None)
        {
            return false;
        }

        var text = Encoding.UTF8.GetString(_name.AsSpan(0, length));
        errno = _buffer.ReadText(call.Space, signature, _name, out length);
        function = new FunctionName(text, Encoding.UTF8.GetString(_name.AsSpan(0, length)));
        return errno == Errno.None;
    }

    // The guest's kernel brings the missing page, and makes the call again.
    private long Fail(Errno errno) => _buffer.Fault is null ? errno.ToResult() : long.MinValue;

    private void Return(long result)
    {
        if (result == long.MinValue && _buffer.Fault is { } fault)
        {
            _context.Vcpu.SetRdx(fault.ToRegister());
            return;
        }

        _context.Vcpu.SetRax((ulong)result);
        if (_isSystemCall)
        {
            Told?.Invoke(_served);
        }
    }

    private void ReturnFault(Errno errno) => Return(Fail(errno));

    private readonly record struct Row(ulong Name, ulong Signature);
}
