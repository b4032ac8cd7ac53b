using Akka.Actor;

namespace Akka.TestKit.Internal;

/// <summary>Keeps everything it gets for the test, except requests to do something in its own name.</summary>
internal sealed class InternalTestActor(ReceivedMessages received) : UntypedActor
{
    protected override void OnReceive(object message)
    {
        if (message is Request request)
        {
            request.Run(Context);
        }
        else
        {
            received.Add(new ReceivedMessage(message, Sender));
        }
    }

    /// <summary>Something a test does through its actor's context.</summary>
    public sealed class Request(Func<IActorContext, IActorRef> action) : IDisposable
    {
        private readonly ManualResetEventSlim _done = new();
        private IActorRef? _result;
        private Exception? _failure;

        public void Run(IActorContext context)
        {
            try
            {
                _result = action(context);
            }
            catch (Exception failure)
            {
                _failure = failure;
            }

            _done.Set();
        }

        public IActorRef Await(TimeSpan timeout)
        {
            if (!_done.Wait(timeout))
            {
                throw new TimeoutException("The test actor does not answer: has the test stopped it?");
            }

            return _failure is null ? _result! : throw _failure;
        }

        public void Dispose() => _done.Dispose();
    }
}
