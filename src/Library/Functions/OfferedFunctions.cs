using System.Text;
using KvmActors.Linux.Functions;
using Microsoft.Extensions.Logging;

namespace KvmActors.Library.Functions;

/// <summary>A table of host functions, as a guest's vCPUs call them.</summary>
internal sealed partial class OfferedFunctions : IOfferedFunctions
{
    private readonly HostFunctionTable _table = new();
    private readonly Action<Action> _post;

    private readonly ILogger _logger;

    private OfferedFunctions(Action<Action> post, ILogger logger) => (_post, _logger) = (post, logger);

    /// <summary>Offers functions.</summary>
    /// <param name="functions">Them; null for none.</param>
    /// <param name="post">Has something short done on a thread that is no vCPU's.</param>
    /// <param name="logger">Is told of those that fail for reasons of their own.</param>
    public static OfferedFunctions From(IHostFunctions? functions, Action<Action> post, ILogger logger)
    {
        var offered = new OfferedFunctions(post, logger);
        functions?.AddTo(offered._table);
        return offered;
    }

    /// <inheritdoc/>
    public string? FindSignature(string name) => _table.Find(name)?.Signature;

    /// <inheritdoc/>
    public void Invoke(string name, HostFunctionCall pending)
    {
        var function = _table.Find(name)!;
        var call = pending.State as Call ?? new Call(this, pending);
        pending.State = call;
        call.Begin(function);
        if (function.RunsOnVcpu)
        {
            call.Run();
        }
        else
        {
            // Only from there may the thread pool be given work.
            _post(call.Queue);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The host function {Name} failed, and its guest was told no more than that")]
    private static partial void LogFailure(ILogger logger, string name, Exception cause);

    // One for each vCPU, used again for each of its calls.
    private sealed class Call
    {
        private readonly OfferedFunctions _functions;
        private readonly HostFunctionCall _pending;
        private readonly FunctionWriter _writer = new();
        private HostFunctionTable.Entry _function = null!;

        public Call(OfferedFunctions functions, HostFunctionCall pending)
        {
            (_functions, _pending) = (functions, pending);
            Queue = () => ThreadPool.UnsafeQueueUserWorkItem(static call => call.Run(), this, preferLocal: false);
        }

        public Action Queue { get; }

        public void Begin(HostFunctionTable.Entry function)
        {
            _function = function;
            _writer.Clear();
        }

        public void Run()
        {
            ValueTask task;
            try
            {
                task = _function.Handler(_pending.Arguments, _writer, _pending.Cancelled);
                if (task.IsCompleted)
                {
                    task.GetAwaiter().GetResult();
                    _pending.Complete(_writer.Written);
                    return;
                }
            }
            catch (Exception e)
            {
                Fail(e);
                return;
            }

            if (_function.RunsOnVcpu)
            {
                // Its thread is the vCPU's, which has no work for the thread pool.
                Fail(new HostFunctionException($"the host function {_function.Name} runs on the vCPU's thread, and did not complete at once"));
                return;
            }

            _ = AwaitAsync(task);
        }

        private async Task AwaitAsync(ValueTask task)
        {
            try
            {
                await task.ConfigureAwait(false);
                _pending.Complete(_writer.Written);
            }
            catch (Exception e)
            {
                Fail(e);
            }
        }

        // What went wrong at the host is none of the guest's business, but for what is meant for it.
        private void Fail(Exception e)
        {
            if (e is not (HostFunctionException or FunctionDataException or OperationCanceledException) && !_function.RunsOnVcpu)
            {
                LogFailure(_functions._logger, _function.Name, e);
            }

            _pending.Complete(Encoding.UTF8.GetBytes(e switch
            {
                HostFunctionException told => told.Message,
                FunctionDataException => $"the arguments of the host function {_function.Name} are not what its signature says",
                OperationCanceledException => $"the host function {_function.Name} was cancelled",
                _ => $"the host function {_function.Name} failed",
            }), hasFailed: true);
        }
    }
}
