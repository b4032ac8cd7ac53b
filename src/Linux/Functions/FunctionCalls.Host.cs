using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Functions;

/// <content>Calls of the host's functions by the guest.</content>
public sealed partial class FunctionCalls
{
    private HostFunctionCall _call = new();
    private CancellationTokenSource? _cancellation;
    private Action? _wake;

    private VcpuEnd? Invoke(in GuestCall call)
    {
        if (_exchange.Kept.Find(call.First) is not { } function || _exchange.Offered.FindSignature(function.Name) != function.Signature)
        {
            Return(Errno.ENOENT.ToResult());
            return null;
        }

        // Before the function is called: it cannot be called twice for a page that was missing.
        var (space, address, capacity) = (call.Space, call.Second, call.Third);
        var errno = _buffer.ReadHeader(space, address, capacity, out _, out var bytes);
        if (errno == Errno.None)
        {
            errno = _buffer.Check(space, address, capacity);
        }

        if (errno == Errno.None)
        {
            errno = _buffer.ReadData(space, address, _call.Begin(bytes, _wake ??= Wake, Cancellation().Token));
        }

        if (errno != Errno.None)
        {
            ReturnFault(errno);
            return null;
        }

        // Before it is looked at whether the request was taken back: whoever does that looks for this afterwards.
        if (_current is { } asked)
        {
            asked.HostCall = _cancellation;
            Interlocked.MemoryBarrier();
        }

        if (_current is not { IsAborted: true })
        {
            _exchange.Offered.Invoke(function.Name, _call);
        }

        while (!_call.IsDone)
        {
            if (_current is { IsAborted: true } request && _session is null)
            {
                // Whoever still works at it has what belongs to it.
                (_call, _cancellation) = (new HostFunctionCall(), null);
                return Abort(request) ?? Await();
            }

            if (!_context.Vcpu.Wait(_context.Stop, new VcpuWait(Nanoseconds: -1)))
            {
                return null;
            }
        }

        if (_current is not null)
        {
            _current.HostCall = null;
        }

        if (_context.Rate?.Take(1) is > 0 and var delay)
        {
            _context.Vcpu.Wait(_context.Stop, new VcpuWait(delay, IsThrottle: true));
        }

        var (answer, hasFailed) = (_call.Answer, _call.HasFailed);
        if (answer.Length > FunctionBuffer.RoomIn(capacity))
        {
            errno = _buffer.WriteHeader(space, address, hasFailed: true, answer.Length);
            Return((errno == Errno.None ? Errno.ERANGE : errno).ToResult());
            return null;
        }

        Return(_buffer.Write(space, address, hasFailed, answer.Span).ToResult());
        return null;
    }

    // One for all calls, until one is cancelled.
    private CancellationTokenSource Cancellation() =>
        _cancellation is { IsCancellationRequested: false } usable ? usable : _cancellation = _exchange.CreateCancellation();

    private void Wake() => _context.Vcpus.Wake(_context.Vcpu.Index);
}
