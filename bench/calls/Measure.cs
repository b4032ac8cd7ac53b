using System.Diagnostics;
using System.Runtime.InteropServices;

namespace KvmActors.CallBench;

/// <summary>Something that is measured again and again, in turn with the others.</summary>
/// <param name="name">What it is.</param>
/// <param name="count">How often it is done in one measurement.</param>
/// <param name="run">Does it.</param>
internal sealed class Measure(string name, int count, Func<int, Task> run)
{
    private readonly List<double> _micros = [];

    public string Name => name;

    /// <summary>What is done after each measurement, and not measured; null for nothing.</summary>
    public Func<Task>? After { get; init; }

    public double Median => MedianOf(_micros);

    public async Task RunAsync()
    {
        var watch = Stopwatch.StartNew();
        await run(count);
        _micros.Add(watch.Elapsed.TotalMicroseconds / count);
        if (After is not null)
        {
            await After();
        }
    }

    public void Forget() => _micros.Clear();

    /// <summary>The median of the ratios within each round.</summary>
    public double RatioTo(Measure other) => MedianOf([.. _micros.Zip(other._micros, (own, others) => own / others)]);

    private static double MedianOf(List<double> values) => values.Order().ElementAt(values.Count / 2);
}

/// <summary>Another thread that is woken, and wakes who woke it; both sleep in between.</summary>
internal sealed class HandOver : IDisposable
{
    private readonly object _gate = new();
    private readonly Thread _thread;
    private bool _isThere;
    private bool _isOver;

    public HandOver()
    {
        _thread = new Thread(Answer) { IsBackground = true };
        _thread.Start();
    }

    public void Run(int count)
    {
        lock (_gate)
        {
            for (var i = 0; i < count; i++)
            {
                _isThere = true;
                Monitor.Pulse(_gate);
                while (_isThere)
                {
                    Monitor.Wait(_gate);
                }
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
    }

    private void Answer()
    {
        lock (_gate)
        {
            while (!_isOver)
            {
                _isThere = false;
                Monitor.Pulse(_gate);
                Monitor.Wait(_gate);
            }
        }
    }
}

/// <summary>What the guests call.</summary>
[HostFunctions]
internal sealed partial class Api
{
    public TimeSpan Delay { get; set; }

    [HostFunction(RunsOnVcpu = true)]
    public static void Inline()
    {
    }

    [HostFunction]
    public ValueTask Pooled() => Delay == TimeSpan.Zero ? default : new ValueTask(Task.Delay(Delay));
}

/// <summary>A port that takes whatever it is given.</summary>
internal sealed class Sink : IPortDevice
{
    public uint Read(int offset, int size) => 0;

    public void Write(int offset, int size, uint value)
    {
    }
}

internal static partial class LibC
{
    [LibraryImport("libc")]
    public static partial int getppid();
}
