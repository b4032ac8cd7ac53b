using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.GuestOutput;

/// <summary>Keeps what each instance writes, up to a limit, for the results. Any thread.</summary>
/// <param name="inner">Writes it.</param>
/// <param name="bytesPerInstance">How much is kept of each.</param>
internal sealed class KeptOutput(IGuestOutput inner, int bytesPerInstance) : IGuestOutput
{
    private const int MaxPerInstance = 64 << 10, MinPerInstance = 512;
    private const long MaxInAll = 64 << 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Kept> _kept = [];

    /// <summary>How much to keep of each of so many instances.</summary>
    public static int RoomFor(long instances) => (int)Math.Clamp(MaxInAll / Math.Max(1, instances), MinPerInstance, MaxPerInstance);

    /// <inheritdoc/>
    public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal)
    {
        lock (_gate)
        {
            if (!_kept.TryGetValue(vm, out var kept))
            {
                _kept.Add(vm, kept = new Kept(bytesPerInstance));
            }

            kept.Add(bytes);
        }

        return inner.Write(vm, stream, bytes, stopSignal);
    }

    /// <inheritdoc/>
    public int? TerminalOf(GuestStream stream) => inner.TerminalOf(stream);

    /// <summary>What an instance wrote in all its runs.</summary>
    public GuestText TextOf(string vm)
    {
        lock (_gate)
        {
            return _kept.TryGetValue(vm, out var kept) ? kept.Read() : GuestText.Empty;
        }
    }

    // A quarter for the beginning; the end says why.
    private sealed class Kept(int room)
    {
        private readonly int _headRoom = room / 4;
        private readonly List<byte> _head = [];
        private byte[] _tail = [];
        private long _tailBytes;

        public void Add(ReadOnlySpan<byte> bytes)
        {
            var first = bytes[..Math.Min(bytes.Length, _headRoom - _head.Count)];
            _head.AddRange(first);
            bytes = bytes[first.Length..];
            var tailRoom = room - _headRoom;
            while (!bytes.IsEmpty)
            {
                // It grows as it is filled, and then goes round.
                var at = (int)(_tailBytes % tailRoom);
                if (_tailBytes < tailRoom && at == _tail.Length)
                {
                    Array.Resize(ref _tail, Math.Min(tailRoom, Math.Max(_tail.Length * 2, 256)));
                }

                var part = bytes[..Math.Min(bytes.Length, _tail.Length - at)];
                part.CopyTo(_tail.AsSpan(at));
                _tailBytes += part.Length;
                bytes = bytes[part.Length..];
            }
        }

        public GuestText Read()
        {
            var tailRoom = room - _headRoom;
            if (_tailBytes <= tailRoom)
            {
                return new GuestText(Encoding.UTF8.GetString([.. _head, .. _tail.AsSpan(0, (int)_tailBytes)]), 0, "");
            }

            var at = (int)(_tailBytes % tailRoom);
            return new GuestText(
                Encoding.UTF8.GetString([.. _head]), _tailBytes - tailRoom, Encoding.UTF8.GetString([.. _tail.AsSpan(at), .. _tail.AsSpan(0, at)]));
        }
    }
}
