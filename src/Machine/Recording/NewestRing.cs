namespace KvmActors.Machine.Recording;

/// <summary>Keeps the newest so many of what is added, in memory taken beforehand. One writer; adding allocates nothing.</summary>
internal sealed class NewestRing<T>(int capacity)
    where T : struct
{
    private readonly T[] _items = new T[capacity];
    private int _next;
    private long _added;

    /// <summary>How many were overwritten by newer ones.</summary>
    public long Dropped => Math.Max(0, _added - _items.Length);

    /// <summary>Adds one; the oldest gives way when there is no room.</summary>
    public void Add(in T item)
    {
        _items[_next] = item;
        _next = _next + 1 == _items.Length ? 0 : _next + 1;
        _added++;
    }

    /// <summary>Copies what is kept, oldest first.</summary>
    public T[] ToArray() => _added < _items.Length
        ? _items[..(int)_added]
        : [.. _items.AsSpan(_next), .. _items.AsSpan(0, _next)];
}
