using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Functions;

/// <content>Sessions: who embeds the guest calls its functions from the vCPU's own thread, with no other thread in between.</content>
public sealed partial class FunctionCalls
{
    private Session? _session;

    private VcpuEnd? RunSession(FunctionRequest request)
    {
        var session = new Session(this);
        try
        {
            request.Session!(session);
        }
        finally
        {
            session.IsOver = true;
        }

        if (session.End is { } end)
        {
            _exchange.Finish(request, FunctionOutcome.GuestEnded);
            return end;
        }

        var reset = request.Resets ? Reset() : null;
        _exchange.Finish(request, reset is null ? FunctionOutcome.Answered : FunctionOutcome.GuestEnded);
        return reset;
    }

    private sealed class Session(FunctionCalls calls) : IVcpuCaller
    {
        private readonly Func<bool> _isBack = () => calls._session is { IsBack: true };

        /// <summary>Whether the function that was called has answered.</summary>
        public bool IsBack { get; set; }

        /// <summary>Whether nobody may use it any more.</summary>
        public bool IsOver { get; set; }

        /// <summary>How the vCPU ended meanwhile; null when it did not.</summary>
        public VcpuEnd? End { get; private set; }

        public void Run(FunctionRequest request)
        {
            if (IsOver)
            {
                throw new InvalidOperationException("The session is over: its guest is called within it alone.");
            }

            if (End is not null || calls._context.Stop.IsRequested)
            {
                request.Complete(FunctionOutcome.GuestEnded);
                return;
            }

            // A page that is missing is brought by the guest, which then makes its call again: until the answer is there.
            calls._delivering = request;
            if (!calls.Deliver(request))
            {
                calls._delivering = null;
                return;
            }

            (calls._session, IsBack) = (this, false);
            End = calls._context.RunUntil(_isBack);
            calls._session = null;
            if (End is not null || !IsBack)
            {
                request.Complete(FunctionOutcome.GuestEnded);
            }
        }
    }
}
