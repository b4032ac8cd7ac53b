namespace KvmActors.Linux.Files;

/// <summary>What of a path is still ahead of a lookup, and the name that was taken from it last.</summary>
internal sealed class PathAhead
{
    private const int End = 4 * GuestPath.MaxBytes;
    private const byte Separator = (byte)'/';

    // At the end of its room, so that a link's text can be put before it; one more byte for a NUL.
    private readonly byte[] _text = new byte[End + 1];
    private readonly byte[] _name = new byte[GuestPath.MaxBytes + 1];
    private int _position = End;
    private int _nameLength;

    /// <summary>Whether nothing is ahead.</summary>
    public bool IsEmpty => _position == End;

    /// <summary>Whether no name is ahead any more, but perhaps a separator.</summary>
    public bool HasNoName => Rest.IndexOfAnyExcept(Separator) < 0;

    /// <summary>The name taken last.</summary>
    public ReadOnlySpan<byte> Name => _name.AsSpan(0, _nameLength);

    /// <summary>The same with a NUL.</summary>
    public ReadOnlySpan<byte> NameAndNul => _name.AsSpan(0, _nameLength + 1);

    private Span<byte> Rest => _text.AsSpan(_position, End - _position);

    /// <summary>Begins with a path below a directory; each shorter than <see cref="GuestPath.MaxBytes"/>.</summary>
    public void Set(ReadOnlySpan<byte> start, ReadOnlySpan<byte> path)
    {
        _position = End;
        TryPut(path);
        if (path[0] != Separator)
        {
            _text[--_position] = Separator;
            TryPut(start);
        }
    }

    /// <summary>Puts a link's text before what is ahead.</summary>
    /// <returns>False when there is no room for it.</returns>
    public bool TryPut(ReadOnlySpan<byte> text)
    {
        if (text.Length > _position)
        {
            return false;
        }

        _position -= text.Length;
        text.CopyTo(_text.AsSpan(_position));
        return true;
    }

    /// <summary>Goes to the next name.</summary>
    /// <returns>False when there is none.</returns>
    public bool SkipSeparators()
    {
        var separators = Rest.IndexOfAnyExcept(Separator);
        _position = separators < 0 ? End : _position + separators;
        return separators >= 0;
    }

    /// <summary>Takes the next name.</summary>
    public ReadOnlySpan<byte> TakeName()
    {
        var length = Rest.IndexOf(Separator);
        _nameLength = length < 0 ? Rest.Length : length;
        Rest[.._nameLength].CopyTo(_name);
        _name[_nameLength] = 0;
        _position += _nameLength;
        return Name;
    }

    /// <summary>
    /// Ends what is ahead, for the moment, before its last name or at its end: several names with single separators between them,
    /// none of them <c>.</c> or <c>..</c>, and a NUL.
    /// </summary>
    /// <param name="butLast">Whether the last name is left out.</param>
    /// <param name="behind">What stood in the NUL's place, for <see cref="Resume"/>.</param>
    /// <returns>Empty when it is not of that kind.</returns>
    public ReadOnlySpan<byte> Interrupt(bool butLast, out byte behind)
    {
        behind = 0;
        var names = butLast ? Rest[..Math.Max(0, Rest.TrimEnd(Separator).LastIndexOf(Separator))] : Rest;
        if (!names.Contains(Separator) || !GuestPath.IsOfNames(names))
        {
            return [];
        }

        ref var place = ref _text[_position + names.Length];
        (behind, place) = (place, 0);
        return _text.AsSpan(_position, names.Length + 1);
    }

    /// <summary>Goes on after <see cref="Interrupt"/>.</summary>
    /// <param name="length">Bytes of the names, without the NUL.</param>
    /// <param name="behind">What stood there.</param>
    /// <param name="areTaken">Whether they are not ahead any more.</param>
    public void Resume(int length, byte behind, bool areTaken)
    {
        _text[_position + length] = behind;
        _position += areTaken ? length : 0;
    }
}
