using System.Buffers;
using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.GuestOutput;

/// <summary>
/// Guests' output by lines, each behind the name of the instance that wrote it. What has no end of line yet is held back until it
/// has, or gets too long. Any thread.
/// </summary>
/// <param name="inner">Writes it.</param>
/// <param name="isColoured">Which streams show each instance's name in a colour of its own.</param>
internal sealed class PrefixOutput(IGuestOutput inner, Func<GuestStream, bool> isColoured) : IGuestOutput
{
    private const int MaxHeld = 4096;
    private const byte LineFeed = (byte)'\n';

    // Those of ISO 6429 that can be read on black and on white.
    private static readonly int[] Colours = [31, 32, 33, 34, 35, 36, 91, 92, 94, 95];

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Vm, GuestStream Stream), byte[]> _held = [];

    /// <inheritdoc/>
    public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal)
    {
        var lines = new ArrayBufferWriter<byte>();
        lock (_gate)
        {
            ReadOnlySpan<byte> left = _held.Remove((vm, stream), out var held) ? (byte[])[.. held, .. bytes] : bytes;
            for (int end; (end = left.IndexOf(LineFeed)) >= 0 || left.Length > MaxHeld;)
            {
                var line = left[..(end >= 0 ? end : MaxHeld)];
                Put(lines, vm, stream, line);
                left = left[(line.Length + (end >= 0 ? 1 : 0))..];
            }

            if (!left.IsEmpty)
            {
                _held.Add((vm, stream), left.ToArray());
            }
        }

        return lines.WrittenCount == 0 ? Errno.None : inner.Write(vm, stream, lines.WrittenSpan, stopSignal);
    }

    /// <summary>Shows the lines that guests began and did not end. They have all ended.</summary>
    public void Finish()
    {
        // Nobody kicks who waits here: what cannot be written without a wait is left out.
        using var noWait = new VmStopSignal();
        noWait.Request();
        lock (_gate)
        {
            foreach (var ((vm, stream), held) in _held)
            {
                var line = new ArrayBufferWriter<byte>();
                Put(line, vm, stream, held);
                inner.Write(vm, stream, line.WrittenSpan, noWait);
            }

            _held.Clear();
        }
    }

    private void Put(ArrayBufferWriter<byte> target, string vm, GuestStream stream, ReadOnlySpan<byte> line)
    {
        var prefix = isColoured(stream) ? $"\e[{ColourOf(vm)}m{vm} |\e[0m " : $"{vm} | ";
        Encoding.ASCII.GetBytes(prefix, target);
        target.Write(line);
        target.Write([LineFeed]);
    }

    // The same one in every run: the FNV-1a hash of the name.
    private static int ColourOf(string vm)
    {
        var hash = vm.Aggregate(2166136261, (hash, c) => (hash ^ c) * 16777619);
        return Colours[hash % (uint)Colours.Length];
    }
}
