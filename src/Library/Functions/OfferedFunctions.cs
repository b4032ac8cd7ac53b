using System.Text;
using KvmActors.Linux.Functions;

namespace KvmActors.Library.Functions;

/// <summary>A table of host functions, as a guest's vCPUs call them.</summary>
internal sealed class OfferedFunctions : IOfferedFunctions
{
    private readonly HostFunctionTable _table = new();
    private readonly Action<Action> _post;

    private OfferedFunctions(Action<Action> post) => _post = post;

    /// <summary>Offers functions.</summary>
    /// <param name="functions">Them; null for none.</param>
    /// <param name="post">Has something short done on a thread that is no vCPU's.</param>
    public static OfferedFunctions From(IHostFunctions? functions, Action<Action> post)
    {
        var offered = new OfferedFunctions(post);
        functions?.AddTo(offered._table);
        return offered;
    }

    /// <inheritdoc/>
    public string? FindSignature(string name) => _table.Find(name)?.Signature;

    /// <inheritdoc/>
    public void Invoke(string name, HostFunctionCall pending)
    {
        var function = _table.Find(name)!;
        var call = pending.State as Call ?? new Call(pending);
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

    // One for each vCPU, used again for each of its calls.
    private sealed class Call
    {
        private readonly HostFunctionCall _pending;
        private readonly FunctionWriter _writer = new();
        private readonly Action _run;
        private HostFunctionTable.Entry _function = null!;

        public Call(HostFunctionCall pending)
        {
            _pending = pending;
            _run = Run;
            Queue = () => ThreadPool.UnsafeQueueUserWorkItem(static call => call._run(), this, preferLocal: false);
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
        private void Fail(Exception e) => _pending.Complete(
            Encoding.UTF8.GetBytes(e switch
            {
                HostFunctionException told => told.Message,
                FunctionDataException => $"the arguments of the host function {_function.Name} are not what its signature says",
                OperationCanceledException => $"the host function {_function.Name} was cancelled",
                _ => $"the host function {_function.Name} failed",
            }),
            hasFailed: true);
    }
}
