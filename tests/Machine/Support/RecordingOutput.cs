using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Machine.Tests.Support;

/// <summary>Keeps what guests write, and lets a test wait for it.</summary>
internal sealed class RecordingOutput : IGuestOutput
{
    private readonly Lock _gate = new();
    private readonly List<(string Vm, GuestStream Stream, string Text)> _writes = [];

    /// <summary>What every write is answered with; nothing is kept unless it is None.</summary>
    public Errno Answer { get; set; }

    /// <summary>Runs for each write, before it is kept, on the writer's thread.</summary>
    public Action<string>? OnWrite { get; set; }

    /// <summary>All writes so far.</summary>
    public IReadOnlyList<(string Vm, GuestStream Stream, string Text)> Writes
    {
        get
        {
            lock (_gate)
            {
                return [.. _writes];
            }
        }
    }

    /// <summary>What one VM, or the only one, wrote to a stream.</summary>
    public string Text(string? vm = null, GuestStream stream = GuestStream.Output) =>
        string.Concat(Writes.Where(write => write.Stream == stream && (vm is null || write.Vm == vm)).Select(write => write.Text));

    public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal)
    {
        var text = Encoding.Latin1.GetString(bytes);
        OnWrite?.Invoke(text);
        if (Answer == Errno.None)
        {
            lock (_gate)
            {
                _writes.Add((vm, stream, text));
            }
        }

        return Answer;
    }
}
