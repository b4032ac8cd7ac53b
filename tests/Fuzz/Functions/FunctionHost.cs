using KvmActors.Fuzz.Tests.Running;
using KvmActors.Linux.Functions;
using KvmActors.Machine.Processor;

namespace KvmActors.Fuzz.Tests.Functions;

/// <summary>What embeds the guest of <see cref="FunctionsTarget"/>: offers functions, and sends, takes back and checks requests while it waits.</summary>
internal sealed class FunctionHost : IOfferedFunctions
{
    public const string Signature = "i(i)";

    private readonly List<FunctionRequest> _requests = [];
    private readonly Dictionary<FunctionRequest, int> _ends = [];
    private FuzzInput _input = new();
    private FunctionExchange _exchange = null!;
    private Action _notify = () => { };
    private VmStopSignal _stop = null!;
    private HostFunctionCall? _pending;
    private byte[]? _standing;
    private bool _wasNested;

    /// <summary>The functions it offers.</summary>
    public static IReadOnlyList<string> Names { get; } = ["at_once", "later", "never"];

    public void Begin(FuzzInput input, FunctionExchange exchange, Action notify, VmStopSignal stop)
    {
        (_input, _exchange, _notify, _stop, _pending, _standing, _wasNested) = (input, exchange, notify, stop, null, null, false);
        _requests.Clear();
        _ends.Clear();
    }

    /// <summary>The guest makes a call whose buffer holds this; null where it is none.</summary>
    public void Expect(byte[]? standing) => _standing = standing;

    /// <summary>Whether calls were made within the last one.</summary>
    public bool WasNested()
    {
        var was = _wasNested;
        _wasNested = false;
        return was;
    }

    public string? FindSignature(string name) => Names.Contains(name) ? Signature : null;

    public void Invoke(string name, HostFunctionCall pending)
    {
        if (_standing is null || !pending.Arguments.Span.SequenceEqual(_standing))
        {
            throw new FuzzFailureException($"{name} was called with {pending.Arguments.Length} bytes that do not stand in the guest's buffer");
        }

        if (name == Names[0])
        {
            Complete(pending);
        }
        else
        {
            _pending = pending;
        }
    }

    /// <summary>The vCPU waits: something happens, and at some time the VM's end.</summary>
    public void WhileWaiting()
    {
        if (_pending is { } pending && !_input.OneIn(4))
        {
            _pending = null;
            Complete(pending);
            return;
        }

        switch (_input.Next(8))
        {
            case 0:
                _stop.Request();
                break;
            case < 5:
                Send(Make());
                break;
            case 5:
                _notify();
                break;
            case 6:
                Send(MakeSession());
                break;
            default:
                if (_requests.Count > 0)
                {
                    _exchange.TryAbort(_requests[_input.Next(_requests.Count)]);
                }

                break;
        }
    }

    /// <summary>The VM has ended: whether each request has, and once.</summary>
    /// <returns>What became of them.</returns>
    public string CheckEnds()
    {
        foreach (var request in _requests)
        {
            if (_ends.GetValueOrDefault(request) != 1 || request.Outcome == FunctionOutcome.Pending)
            {
                throw new FuzzFailureException($"a request ended {_ends.GetValueOrDefault(request)} times, as {request.Outcome}");
            }
        }

        return _requests.Count == 0 ? "no request" : _requests.Any(request => request.Outcome == FunctionOutcome.Answered) ? "some answered" : "none answered";
    }

    private FunctionRequest Make()
    {
        var request = new FunctionRequest
        {
            Completed = Completed,
            Function = _input.Next(4) - 1,
            Arguments = new byte[_input.Pick<int>([0, 8, 48, 49, 4080, 4081, 0x1_0000])],
            Resets = _input.OneIn(8),
        };
        _requests.Add(request);
        return request;
    }

    private FunctionRequest MakeSession()
    {
        var request = Make();
        request.Session = caller =>
        {
            _wasNested = true;
            for (var left = _input.Next(4); left > 0; left--)
            {
                var call = Make();
                (call.Function, call.Resets) = (Math.Max(0, call.Function), false);
                caller.Run(call);
                if (call.Outcome == FunctionOutcome.Pending)
                {
                    throw new FuzzFailureException("a session's call came back without an outcome");
                }
            }

            _wasNested = true;
        };
        return request;
    }

    private void Send(FunctionRequest request)
    {
        if (_input.IsDescribed)
        {
            _input.Note($"  the host: {(request.Session is null ? $"function {request.Function}" : "a session")}, {request.Arguments.Length} bytes");
        }

        _exchange.Send(request);
    }

    private void Complete(HostFunctionCall call) =>
        call.Complete(new byte[_input.Pick<int>([0, 8, 48, 49, 4080, 0x1_0000])], hasFailed: _input.OneIn(4));

    private void Completed(FunctionRequest request)
    {
        _ends[request] = _ends.GetValueOrDefault(request) + 1;

        // The answer to a request is what stands in the guest's buffer as it waits again.
        if (request is { Outcome: FunctionOutcome.Answered, Session: null, Function: >= 0 } && (_standing is null || !request.Answer.Span.SequenceEqual(_standing)))
        {
            throw new FuzzFailureException($"an answer of {request.Answer.Length} bytes does not stand in the guest's buffer");
        }
    }
}
