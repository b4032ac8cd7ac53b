using KvmActors.Linux.Calls;

namespace KvmActors.Linux.Functions;

/// <summary>
/// What guests of one description have in common that may begin where one of them first waited for calls: which functions it had named, and
/// under which numbers it knows the host's, which it keeps in its memory. Safe from any thread.
/// </summary>
public sealed class KeptFunctions
{
    private readonly Lock _gate = new();
    private readonly List<FunctionName> _imports = [];
    private IReadOnlyList<FunctionName> _exports = [];
    private GuestCall _firstNext;
    private bool _isKept;

    /// <summary>The functions that the program had named.</summary>
    public IReadOnlyList<FunctionName> Exports
    {
        get
        {
            lock (_gate)
            {
                return _exports;
            }
        }
    }

    /// <summary>The call by which it waited.</summary>
    internal GuestCall FirstNext
    {
        get
        {
            lock (_gate)
            {
                return _firstNext;
            }
        }
    }

    /// <summary>A program waits for calls for the first time; what the first one of them had named, counts.</summary>
    /// <returns>Whether it was the first.</returns>
    internal bool TryKeep(IReadOnlyList<FunctionName> exports, in GuestCall next)
    {
        lock (_gate)
        {
            if (_isKept)
            {
                return false;
            }

            (_isKept, _exports, _firstNext) = (true, exports, next);
            return true;
        }
    }

    /// <summary>The number of a host's function, which exists.</summary>
    internal int NumberOf(FunctionName function)
    {
        lock (_gate)
        {
            var number = _imports.IndexOf(function);
            if (number < 0)
            {
                number = _imports.Count;
                _imports.Add(function);
            }

            return number;
        }
    }

    /// <summary>The function of a number; null when there is none.</summary>
    internal FunctionName? Find(ulong number)
    {
        lock (_gate)
        {
            return number < (ulong)_imports.Count ? _imports[(int)number] : null;
        }
    }
}
