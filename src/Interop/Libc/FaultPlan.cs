using System.Globalization;

namespace KvmActors.Interop.Libc;

/// <summary>Which calls fail, and how. Counted over all threads.</summary>
internal sealed class FaultPlan : IDisposable
{
    private readonly HashSet<string> _sites = new(StringComparer.Ordinal);
    private StreamWriter? _record;
    private int _calls;

    /// <summary>The function, or <c>syscall</c>; null for any.</summary>
    public string? Call { get; init; }

    /// <summary>The ioctl's request, or the system call's number; null for any.</summary>
    public nuint? Request { get; init; }

    /// <summary>Where the call stands; null for anywhere.</summary>
    public string? Site { get; init; }

    /// <summary>The first call that fails, counted from 1.</summary>
    public int First { get; init; } = 1;

    /// <summary>How many of them fail.</summary>
    public int Count { get; init; } = 1;

    /// <summary>With what; None to count only.</summary>
    public Errno Errno { get; init; }

    /// <summary>How many calls were of the kind.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Whether it has to know where calls stand, which takes a walk over the stack each time.</summary>
    public bool WantsSites => Site is not null || _record is not null;

    /// <summary>
    /// Reads a plan: <c>record FILE</c> writes down where calls stand, a line each; <c>CALL[:REQUEST] FIRST ERRNO</c> and
    /// <c>@SITE FIRST ERRNO</c> have one call fail, REQUEST in hexadecimal.
    /// </summary>
    /// <returns>Null when it is none.</returns>
    public static FaultPlan? Parse(string text)
    {
        switch (text.Split(' '))
        {
            case ["record", var file]:
                return new FaultPlan { _record = new StreamWriter(file) { AutoFlush = true } };
            case [['@', .. var site], var first, var errno]:
                return new FaultPlan { Site = site, First = int.Parse(first, CultureInfo.InvariantCulture), Errno = Enum.Parse<Errno>(errno) };
            case [var call, var first, var errno]:
                var parts = call.Split(':');
                return new FaultPlan
                {
                    Call = parts[0],
                    Request = parts.Length > 1 ? nuint.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) : null,
                    First = int.Parse(first, CultureInfo.InvariantCulture),
                    Errno = Enum.Parse<Errno>(errno),
                };
            default:
                return null;
        }
    }

    /// <summary>Takes note of a call.</summary>
    /// <returns>With what it fails, or None.</returns>
    public Errno Next(string call, nuint request, string site)
    {
        if (_record is not null)
        {
            lock (_sites)
            {
                if (_sites.Add(site))
                {
                    _record.WriteLine(site);
                }
            }
        }

        if ((Call is not null && Call != call) || (Request is not null && Request != request) || (Site is not null && Site != site))
        {
            return Errno.None;
        }

        var number = Interlocked.Increment(ref _calls);
        return number >= First && number - First < Count ? Errno : Errno.None;
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        FaultInjection.End(this);
        _record?.Dispose();
    }
}
