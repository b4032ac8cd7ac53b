using System.Buffers;

namespace Akka.Actor;

/// <summary>An actor's place in the tree: <c>akka://system/user/parent/child</c>.</summary>
public abstract class ActorPath : IEquatable<ActorPath>
{
    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\"-_.*$+:@&=,!~';()");

    private protected ActorPath(string name, long uid)
    {
        Name = name;
        Uid = uid;
    }

    /// <summary>The last element.</summary>
    public string Name { get; }

    /// <summary>The path above; the root is its own parent.</summary>
    public abstract ActorPath Parent { get; }

    /// <summary>Tells incarnations with the same path apart; 0 where there is only ever one.</summary>
    internal long Uid { get; }

    private protected abstract string SystemName { get; }

    /// <summary>The path of a child called <paramref name="name"/>.</summary>
    public static ActorPath operator /(ActorPath path, string name) => new ChildPath(path, name, 0);

    /// <summary>Whether two paths are the same place in the same system.</summary>
    public static bool operator ==(ActorPath? left, ActorPath? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether two paths differ.</summary>
    public static bool operator !=(ActorPath? left, ActorPath? right) => !(left == right);

    /// <summary>The path within its system: <c>/user/parent/child</c>.</summary>
    public abstract string ToStringWithoutAddress();

    /// <inheritdoc/>
    public override string ToString() => $"akka://{SystemName}{ToStringWithoutAddress()}";

    /// <inheritdoc/>
    public bool Equals(ActorPath? other)
    {
        var left = this;
        var right = other;
        while (!ReferenceEquals(left, right))
        {
            if (left is not ChildPath || right is not ChildPath)
            {
                return right is not null && left.GetType() == right.GetType() &&
                    string.Equals(left.SystemName, right.SystemName, StringComparison.Ordinal);
            }

            if (!string.Equals(left.Name, right.Name, StringComparison.Ordinal))
            {
                return false;
            }

            left = left.Parent;
            right = right.Parent;
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ActorPath);

    /// <inheritdoc/>
    public override int GetHashCode() => string.GetHashCode(Name, StringComparison.Ordinal);

    internal static ActorPath Root(string systemName) => new RootPath(systemName);

    internal ActorPath Child(string name, long uid) => new ChildPath(this, name, uid);

    /// <summary>Throws <see cref="InvalidActorNameException"/> unless a user may give this name.</summary>
    internal static void CheckName(string name)
    {
        if (name.Length == 0 || name[0] == '$' || !IsPathElement(name))
        {
            throw new InvalidActorNameException(
                $"'{name}' is no actor name: use ASCII letters, digits, %XX and \"-_.*$+:@&=,!~';(), and no '$' in front.");
        }
    }

    private static bool IsPathElement(ReadOnlySpan<char> name)
    {
        while (true)
        {
            int odd = name.IndexOfAnyExcept(Allowed);
            if (odd < 0)
            {
                return true;
            }

            if (name[odd] != '%' || name.Length - odd < 3 || !char.IsAsciiHexDigit(name[odd + 1]) || !char.IsAsciiHexDigit(name[odd + 2]))
            {
                return false;
            }

            name = name[(odd + 3)..];
        }
    }

    private sealed class RootPath(string systemName) : ActorPath("/", 0)
    {
        public override ActorPath Parent => this;

        private protected override string SystemName => systemName;

        public override string ToStringWithoutAddress() => "/";
    }

    private sealed class ChildPath(ActorPath parent, string name, long uid) : ActorPath(name, uid)
    {
        public override ActorPath Parent => parent;

        private protected override string SystemName => parent.SystemName;

        public override string ToStringWithoutAddress() =>
            parent is RootPath ? "/" + Name : parent.ToStringWithoutAddress() + "/" + Name;
    }
}
