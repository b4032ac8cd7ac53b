using System.Text;

namespace KvmActors;

/// <summary>Functions that guests may call, by name.</summary>
public sealed class HostFunctionTable
{
    private const int MaxNameBytes = 128;

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Adds one.</summary>
    /// <param name="name">What guests call it, from 1 to 128 bytes in UTF-8.</param>
    /// <param name="signature">Its types, as <c>guest/include/kvmactors.h</c> writes them: <c>i(B)</c>.</param>
    /// <param name="runsOnVcpu">Whether it runs on the vCPU's own thread: <see cref="HostFunctionAttribute.RunsOnVcpu"/>.</param>
    /// <param name="handler">What serves it.</param>
    /// <exception cref="ArgumentException">There is one of that name, or it cannot be called that.</exception>
    public void Add(string name, string signature, bool runsOnVcpu, HostFunctionHandler handler)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(signature);
        ArgumentNullException.ThrowIfNull(handler);
        if (Encoding.UTF8.GetByteCount(name) > MaxNameBytes || name.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{name.Replace('\0', '?')}' cannot be a function's name: it has to be at most {MaxNameBytes} bytes in UTF-8 and contain no NUL.", nameof(name));
        }

        if (!_entries.TryAdd(name, new Entry(name, signature, runsOnVcpu, handler)))
        {
            throw new ArgumentException($"There are two host functions called {name}: give one of them another name by [HostFunction(Name = \"…\")].", nameof(name));
        }
    }

    internal Entry? Find(string name) => _entries.GetValueOrDefault(name);

    internal sealed record Entry(string Name, string Signature, bool RunsOnVcpu, HostFunctionHandler Handler);
}
