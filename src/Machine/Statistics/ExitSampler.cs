using System.Runtime.InteropServices;
using KvmActors.Interop.Kvm;

namespace KvmActors.Machine.Statistics;

/// <summary>Which exits become spans.</summary>
public sealed record ExitSamplingOptions
{
    /// <summary>The first so many of each reason on each vCPU.</summary>
    public int First { get; init; } = 3;

    /// <summary>After those, one in so many of each reason; 0 for none.</summary>
    public int Every { get; init; } = 1000;

    /// <summary>Every one whose host side takes at least this long.</summary>
    public TimeSpan SlowerThan { get; init; } = TimeSpan.FromMilliseconds(1);
}

/// <summary>An exit picked to become a span; times in <see cref="System.Diagnostics.Stopwatch"/> ticks.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ExitSample(VcpuExitReason Reason, long Entered, long Exited, long Handled)
{
    /// <summary>The port of an access to one; otherwise 0.</summary>
    public ushort Port { get; init; }

    /// <summary>The call it was; null when it was none.</summary>
    public int? Call { get; init; }

    /// <summary>What the call returned.</summary>
    public long CallResult { get; init; }

    /// <summary>The guest-physical address of an access to memory; otherwise 0.</summary>
    public ulong Address { get; init; }

    /// <summary>The path a call was about; null when there is none.</summary>
    public string? Path { get; init; }
}

/// <summary>
/// Picks exits to become spans and keeps them in a table made beforehand, because a span costs more than an exit: they are
/// turned into spans when the vCPU has stopped. Belongs to the vCPU's thread.
/// </summary>
public sealed class ExitSampler
{
    private const int Reasons = 64;

    // Most guests never need more, and 2,000 of them may be alive.
    private const int FirstSamples = 128;

    private readonly int _capacity;
    private readonly int[] _untilNext = new int[Reasons];
    private readonly int[] _seen = new int[Reasons];
    private readonly ExitSamplingOptions _options;
    private readonly long _slowTicks;
    private ExitSample[] _samples;
    private int _count;

    /// <summary>Makes room for the samples.</summary>
    /// <param name="options">Which exits to pick.</param>
    /// <param name="capacity">How many at the most; 0 to pick none.</param>
    public ExitSampler(ExitSamplingOptions options, int capacity)
    {
        _options = options;
        _capacity = capacity;
        _samples = new ExitSample[Math.Min(capacity, FirstSamples)];
        Array.Fill(_untilNext, options.Every);
        _slowTicks = (long)(options.SlowerThan.TotalSeconds * System.Diagnostics.Stopwatch.Frequency);
    }

    /// <summary>What was picked, in order.</summary>
    public ReadOnlySpan<ExitSample> Samples => _samples.AsSpan(0, _count);

    /// <summary>Exits that should have been picked but found the table full.</summary>
    public long Dropped { get; private set; }

    /// <summary>Whether it picks any.</summary>
    public bool IsOn => _capacity > 0;

    /// <summary>Decides about one exit. Allocates once at the most: when the 129th is picked.</summary>
    /// <returns>Whether it was picked and kept.</returns>
    public bool Offer(in ExitSample sample)
    {
        if (_capacity == 0 || !IsWanted(sample))
        {
            return false;
        }

        if (_count == _capacity)
        {
            Dropped++;
            return false;
        }

        if (_count == _samples.Length)
        {
            Array.Resize(ref _samples, _capacity);
        }

        _samples[_count++] = sample;
        return true;
    }

    /// <summary>Adds the path to the exit that was kept last.</summary>
    public void LabelLast(string path) => _samples[_count - 1] = _samples[_count - 1] with { Path = path };

    private bool IsWanted(in ExitSample sample)
    {
        var reason = (int)Math.Min((uint)sample.Reason, Reasons - 1);
        if (_seen[reason] < _options.First)
        {
            _seen[reason]++;
            return true;
        }

        if (_options.Every > 0 && --_untilNext[reason] == 0)
        {
            _untilNext[reason] = _options.Every;
            return true;
        }

        return sample.Handled - sample.Exited >= _slowTicks;
    }
}
