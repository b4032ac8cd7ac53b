using KvmActors.Linux.Functions;

namespace KvmActors.Library.Functions;

/// <summary>A guest's functions by name, and whether a call fits one of them.</summary>
internal sealed class GuestExports
{
    private readonly Dictionary<string, (int Number, string Signature)> _functions = new(StringComparer.Ordinal);
    private readonly string _guest;

    /// <param name="guest">Whose they are, for messages.</param>
    /// <param name="functions">As the guest named them; of two of one name the first counts.</param>
    public GuestExports(string guest, IReadOnlyList<FunctionName> functions)
    {
        _guest = guest;
        foreach (var (number, function) in functions.Index())
        {
            _functions.TryAdd(function.Name, (number, function.Signature));
        }
    }

    /// <summary>Their names.</summary>
    public IReadOnlyCollection<string> Names => _functions.Keys;

    /// <summary>Finds the one that a call is for.</summary>
    /// <typeparam name="TResult">What the caller wants for an answer.</typeparam>
    /// <exception cref="GuestFunctionException">There is none, or it has other types.</exception>
    public int Find<TResult>(string function, ReadOnlySpan<GuestValue> arguments)
    {
        if (!_functions.TryGetValue(function, out var found))
        {
            var known = _functions.Count == 0 ? "it has none" : $"it has {string.Join(", ", _functions.Keys.Order(StringComparer.Ordinal))}";
            throw new GuestFunctionException($"{_guest} has no function {function}: {known}") { Function = function };
        }

        if (!Fits<TResult>(found.Signature, arguments))
        {
            throw new GuestFunctionException($"{_guest}: the function {function} is {FunctionSignature.Describe(found.Signature)}, and was called as {FunctionSignature.Describe(SignatureOf<TResult>(arguments))}") { Function = function };
        }

        return found.Number;
    }

    private static bool Fits<TResult>(string signature, ReadOnlySpan<GuestValue> arguments)
    {
        var result = FunctionSignature.Of<TResult>()
            ?? throw new GuestFunctionException($"no guest's function can answer with a {typeof(TResult).Name}: use a number, bool, string, byte[], ReadOnlyMemory<byte>, or a structure without references");
        var rest = signature.AsSpan();
        if (!rest.StartsWith(result, StringComparison.Ordinal))
        {
            return false;
        }

        rest = rest[result.Length..];
        if (rest is not ['(', .., ')'])
        {
            return false;
        }

        rest = rest[1..^1];
        foreach (ref readonly var argument in arguments)
        {
            // Of all but structures it is one letter, of which there is one text.
            var text = argument.Signature;
            if (!rest.StartsWith(text, StringComparison.Ordinal))
            {
                return false;
            }

            rest = rest[text.Length..];
        }

        return rest.IsEmpty;
    }

    private static string SignatureOf<TResult>(ReadOnlySpan<GuestValue> arguments)
    {
        var text = FunctionSignature.Of<TResult>() + "(";
        foreach (ref readonly var argument in arguments)
        {
            text += argument.Signature;
        }

        return text + ")";
    }
}
