namespace KvmActors.Machine.Streams;

/// <summary>
/// A stream of bytes between a guest and a program of the host, one at each end; what is written waits in it to be read. Nobody waits in
/// here: who finds nothing to read, or no room to write, is called back once when that has changed. Safe from any thread.
/// </summary>
/// <param name="capacity">How many bytes it holds at the most, at least 1; taken from the host as they are needed.</param>
public sealed class StreamBuffer(int capacity)
{
    private const int FirstRoom = 4096;

    private readonly Lock _gate = new();
    private byte[] _bytes = [];
    private int _start;
    private int _count;
    private bool _isComplete;
    private bool _isAbandoned;
    private bool _readerWaits;
    private bool _writerWaits;

    /// <summary>Called when there may be something to read, or the end, for a reader that found neither. By the thread that writes; short.</summary>
    public Action? WakeReader { get; set; }

    /// <summary>Called when there may be room, or no reader any more, for a writer that found neither. By the thread that reads; short.</summary>
    public Action? WakeWriter { get; set; }

    /// <summary>How many bytes wait to be read.</summary>
    public int Available
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>Whether a read would find something, or the end; otherwise the reader is called back.</summary>
    public bool IsReadable
    {
        get
        {
            lock (_gate)
            {
                _readerWaits |= _count == 0 && !_isComplete;
                return _count > 0 || _isComplete;
            }
        }
    }

    /// <summary>Whether a write would find room, or no reader; otherwise the writer is called back.</summary>
    public bool IsWritable
    {
        get
        {
            lock (_gate)
            {
                _writerWaits |= _count == capacity && !_isAbandoned;
                return _count < capacity || _isAbandoned;
            }
        }
    }

    /// <summary>Whether there is no reader any more.</summary>
    public bool IsAbandoned => Volatile.Read(ref _isAbandoned);

    /// <summary>Reads what there is.</summary>
    /// <param name="target">Where it goes.</param>
    /// <returns>How many bytes; 0 at the end; -1 when there is nothing yet, and then the reader is called back.</returns>
    public int Read(Span<byte> target)
    {
        Action? wake = null;
        int total;
        lock (_gate)
        {
            if (_count == 0)
            {
                _readerWaits |= !_isComplete;
                return _isComplete || target.IsEmpty ? 0 : -1;
            }

            total = Math.Min(target.Length, _count);
            var first = Math.Min(total, _bytes.Length - _start);
            _bytes.AsSpan(_start, first).CopyTo(target);
            _bytes.AsSpan(0, total - first).CopyTo(target[first..]);
            _start = (_start + total) % _bytes.Length;
            _count -= total;
            if (_writerWaits && total > 0)
            {
                (_writerWaits, wake) = (false, WakeWriter);
            }
        }

        wake?.Invoke();
        return total;
    }

    /// <summary>Writes as much as there is room for.</summary>
    /// <param name="source">The bytes.</param>
    /// <returns>How many bytes; 0 when there is no room yet, and then the writer is called back; -1 when nobody reads any more.</returns>
    public int Write(ReadOnlySpan<byte> source)
    {
        Action? wake = null;
        int total;
        lock (_gate)
        {
            if (_isAbandoned)
            {
                return -1;
            }

            total = Math.Min(source.Length, capacity - _count);
            if (total == 0)
            {
                _writerWaits |= !source.IsEmpty;
                return 0;
            }

            MakeRoom(_count + total);
            var end = (_start + _count) % _bytes.Length;
            var first = Math.Min(total, _bytes.Length - end);
            source[..first].CopyTo(_bytes.AsSpan(end));
            source[first..total].CopyTo(_bytes);
            _count += total;
            if (_readerWaits)
            {
                (_readerWaits, wake) = (false, WakeReader);
            }
        }

        wake?.Invoke();
        return total;
    }

    /// <summary>Nothing more is going to be written: who has read the rest finds the end.</summary>
    public void Complete() => End(ref _isComplete);

    /// <summary>Nobody is going to read: writers are told, and what waits is let go.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            (_bytes, _start, _count) = ([], 0, 0);
        }

        End(ref _isAbandoned);
    }

    private void End(ref bool flag)
    {
        Action? reader, writer;
        lock (_gate)
        {
            flag = true;
            reader = _readerWaits ? WakeReader : null;
            writer = _writerWaits ? WakeWriter : null;
            (_readerWaits, _writerWaits) = (false, false);
        }

        reader?.Invoke();
        writer?.Invoke();
    }

    private void MakeRoom(int wanted)
    {
        var room = Math.Max(_bytes.Length, Math.Min(FirstRoom, capacity));
        while (room < wanted)
        {
            room = (int)Math.Min((long)room * 2, capacity);
        }

        if (room == _bytes.Length)
        {
            return;
        }

        var bytes = new byte[room];
        var first = Math.Min(_count, _bytes.Length - _start);
        _bytes.AsSpan(_start, first).CopyTo(bytes);
        _bytes.AsSpan(0, _count - first).CopyTo(bytes.AsSpan(first));
        (_bytes, _start) = (bytes, 0);
    }
}
