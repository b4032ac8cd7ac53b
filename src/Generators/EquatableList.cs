using System.Collections;

namespace KvmActors.Generators;

/// <summary>A list that equals another one of equal items, so that the compiler sees that nothing has changed.</summary>
/// <typeparam name="T">The items' type.</typeparam>
/// <param name="items">The items.</param>
internal readonly struct EquatableList<T>(IEnumerable<T> items) : IEquatable<EquatableList<T>>, IReadOnlyList<T>
    where T : IEquatable<T>
{
    private readonly T[] _items = [.. items];

    public int Count => _items?.Length ?? 0;

    public T this[int index] => _items[index];

    public bool Equals(EquatableList<T> other) => this.SequenceEqual(other);

    public override bool Equals(object? obj) => obj is EquatableList<T> other && Equals(other);

    public override int GetHashCode() => this.Aggregate(Count, (hash, item) => unchecked((hash * 31) + item.GetHashCode()));

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)(_items ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
