namespace KvmActors.Machine.Streams;

/// <summary>A VM's standard input, read whole beforehand. All of its vCPUs and its files take from it; each byte goes to one.</summary>
public sealed class GuestInput(ReadOnlyMemory<byte> bytes)
{
    private int _position;

    /// <summary>Whether all has been taken.</summary>
    public bool IsEmpty => Volatile.Read(ref _position) >= bytes.Length;

    /// <summary>How many bytes have not been taken.</summary>
    public int Available => bytes.Length - Math.Min(Volatile.Read(ref _position), bytes.Length);

    /// <summary>Takes one byte.</summary>
    /// <returns>False when there is none left.</returns>
    public bool TryTake(out byte value)
    {
        Span<byte> one = stackalloc byte[1];
        var taken = Take(one);
        value = one[0];
        return taken == 1;
    }

    /// <summary>Takes as many bytes as there are and fit.</summary>
    /// <returns>How many.</returns>
    public int Take(Span<byte> target)
    {
        while (true)
        {
            var position = Volatile.Read(ref _position);
            var count = Math.Min(target.Length, bytes.Length - position);
            if (count <= 0)
            {
                return 0;
            }

            if (Interlocked.CompareExchange(ref _position, position + count, position) == position)
            {
                bytes.Span.Slice(position, count).CopyTo(target);
                return count;
            }
        }
    }
}
