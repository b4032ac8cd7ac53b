using KvmActors.Library.Functions;
using KvmActors.Linux.Functions;

namespace KvmActors;

/// <summary>Calls a guest's functions from its vCPU's own thread, within <see cref="Guest.InvokeAsync"/>.</summary>
public sealed class GuestSession
{
    private readonly string _guest;
    private readonly IVcpuCaller _caller;
    private readonly GuestExports _exports;
    private readonly FunctionWriter _arguments = new();
    private readonly FunctionRequest _request = new() { Completed = _ => { } };

    internal GuestSession(string guest, IVcpuCaller caller, GuestExports exports) => (_guest, _caller, _exports) = (guest, caller, exports);

    /// <summary>Calls a function that answers nothing.</summary>
    /// <inheritdoc cref="Call{TResult}(string, ReadOnlySpan{GuestValue})"/>
    public void Call(string function, params ReadOnlySpan<GuestValue> arguments) => Call<FunctionSignature.NoAnswer>(function, arguments);

    /// <summary>Calls a function.</summary>
    /// <typeparam name="TResult">What it answers; as for <see cref="IGuestCaller.CallAsync{TResult}"/>.</typeparam>
    /// <param name="function">Its name.</param>
    /// <param name="arguments">Its arguments, in their order.</param>
    /// <exception cref="GuestFunctionException">There is no such function, it takes or gives something else, or it answered with an error.</exception>
    /// <exception cref="GuestEndedException">The guest ended before it had answered.</exception>
    /// <exception cref="InvalidOperationException">The session is over.</exception>
    public TResult Call<TResult>(string function, params ReadOnlySpan<GuestValue> arguments)
    {
        ArgumentNullException.ThrowIfNull(function);
        _request.Renew();
        _arguments.Clear();
        _request.Function = _exports.Find<TResult>(function, arguments);
        foreach (ref readonly var argument in arguments)
        {
            argument.WriteTo(_arguments);
        }

        _request.Arguments = _arguments.Written;
        _caller.Run(_request);
        return Guest.Read<TResult>(_guest, function, _request);
    }
}
