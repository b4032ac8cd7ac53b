using System.Diagnostics;
using System.Text.Json;

namespace KvmActors.Host.Timeline;

/// <summary>
/// Writes events in the Chrome trace event format, the JSON object form, which ui.perfetto.dev reads. Times are given in
/// <see cref="Stopwatch"/> ticks and written in microseconds from the origin, exact to the nanosecond.
/// </summary>
internal sealed class TraceEventWriter : IDisposable
{
    private const int FlushBytes = 1 << 16;

    private static readonly decimal TicksPerMicrosecond = Stopwatch.Frequency / 1_000_000m;

    private readonly Utf8JsonWriter _json;
    private readonly long _origin;

    /// <summary>Begins the document.</summary>
    public TraceEventWriter(Stream stream, long origin)
    {
        _origin = origin;
        _json = new Utf8JsonWriter(stream);
        _json.WriteStartObject();
        _json.WriteString("displayTimeUnit", "ns");
        _json.WriteStartArray("traceEvents");
    }

    /// <summary>Names a process; processes are shown in the order of their numbers.</summary>
    public void NameProcess(int process, string name)
    {
        Metadata("process_name", process, 0, "name", name);
        Metadata("process_sort_index", process, 0, "sort_index", process);
    }

    /// <summary>Names a thread; a process's threads are shown in the order of their numbers.</summary>
    public void NameThread(int process, int thread, string name)
    {
        Metadata("thread_name", process, thread, "name", name);
        Metadata("thread_sort_index", process, thread, "sort_index", thread);
    }

    /// <summary>Writes a slice ("X", a complete event).</summary>
    /// <param name="process">The process's number.</param>
    /// <param name="thread">The thread's number.</param>
    /// <param name="category">What kind of slice it is.</param>
    /// <param name="name">What is shown on it.</param>
    /// <param name="start">When it begins.</param>
    /// <param name="end">When it ends.</param>
    /// <param name="arguments">What is shown when it is selected; null values are left out.</param>
    public void Slice(int process, int thread, string category, string name, long start, long end, params ReadOnlySpan<(string Name, string? Value)> arguments)
    {
        _json.WriteStartObject();
        _json.WriteString("ph", "X");
        _json.WriteString("name", name);
        _json.WriteString("cat", category);
        _json.WriteNumber("pid", process);
        _json.WriteNumber("tid", thread);
        _json.WriteNumber("ts", Microseconds(start - _origin));
        _json.WriteNumber("dur", Microseconds(end - start));
        if (!arguments.IsEmpty)
        {
            _json.WriteStartObject("args");
            foreach (var (argument, value) in arguments)
            {
                if (value is not null)
                {
                    _json.WriteString(argument, value);
                }
            }

            _json.WriteEndObject();
        }

        EndEvent();
    }

    /// <summary>Ends the document.</summary>
    /// <param name="others">What else there is to say about it.</param>
    public void End(params ReadOnlySpan<(string Name, string Value)> others)
    {
        _json.WriteEndArray();
        _json.WriteStartObject("otherData");
        foreach (var (name, value) in others)
        {
            _json.WriteString(name, value);
        }

        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private static decimal Microseconds(long ticks) => Math.Round(ticks / TicksPerMicrosecond, 3);

    private void Metadata(string name, int process, int thread, string argument, object value)
    {
        _json.WriteStartObject();
        _json.WriteString("ph", "M");
        _json.WriteString("name", name);
        _json.WriteNumber("pid", process);
        _json.WriteNumber("tid", thread);
        _json.WriteStartObject("args");
        if (value is int number)
        {
            _json.WriteNumber(argument, number);
        }
        else
        {
            _json.WriteString(argument, (string)value);
        }

        _json.WriteEndObject();
        EndEvent();
    }

    private void EndEvent()
    {
        _json.WriteEndObject();
        if (_json.BytesPending >= FlushBytes)
        {
            _json.Flush();
        }
    }
}
