namespace Akka.Configuration;

/// <summary>Reads HOCON into a flat table of paths and values.</summary>
internal ref struct HoconReader(string text)
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly ReadOnlySpan<char> _text = text;
    private int _at;

    public Dictionary<string, string> Read()
    {
        SkipBlank();
        // The braces around the whole text are optional.
        bool braced = TryTake('{');
        ReadSection("");
        if (braced)
        {
            Expect('}');
        }

        SkipBlank();
        return _at == _text.Length ? _values : throw Malformed("unexpected text");
    }

    private void ReadSection(string prefix)
    {
        while (true)
        {
            SkipBlank();
            if (_at == _text.Length || _text[_at] == '}')
            {
                return;
            }

            string path = prefix + ReadKey();
            SkipSpaces();
            bool assigned = TryTake('=') || TryTake(':');
            SkipBlank();
            if (TryTake('{'))
            {
                ReadSection(path + ".");
                Expect('}');
            }
            else if (assigned)
            {
                _values[path] = ReadValue();
            }
            else
            {
                throw Malformed($"'{path}' has no value");
            }
        }
    }

    private string ReadKey()
    {
        if (TryTake('"'))
        {
            return ReadQuoted();
        }

        int start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '-' or '_' or '.' or '/' or '*' or '$'))
        {
            _at++;
        }

        return _at > start ? _text[start.._at].ToString() : throw Malformed("a key is missing");
    }

    private string ReadValue()
    {
        if (TryTake('"'))
        {
            return ReadQuoted();
        }

        int start = _at;
        if (TryTake('['))
        {
            int end = _text[_at..].IndexOf(']');
            _at = end < 0 ? throw Malformed("']' is missing") : _at + end + 1;
        }
        else
        {
            while (_at < _text.Length && _text[_at] is not ('\n' or '\r' or ',' or '}' or '#') && !_text[_at..].StartsWith("//"))
            {
                _at++;
            }
        }

        return _text[start.._at].Trim().ToString();
    }

    private string ReadQuoted()
    {
        int end = _text[_at..].IndexOf('"');
        if (end < 0)
        {
            throw Malformed("'\"' is missing");
        }

        string value = _text.Slice(_at, end).ToString();
        _at += end + 1;
        return value;
    }

    private void SkipSpaces()
    {
        while (_at < _text.Length && _text[_at] is (' ' or '\t'))
        {
            _at++;
        }
    }

    /// <summary>Skips everything that separates settings: white space, commas and comments.</summary>
    private void SkipBlank()
    {
        while (_at < _text.Length)
        {
            if (_text[_at] == '#' || _text[_at..].StartsWith("//"))
            {
                int end = _text[_at..].IndexOf('\n');
                _at = end < 0 ? _text.Length : _at + end;
            }
            else if (char.IsWhiteSpace(_text[_at]) || _text[_at] == ',')
            {
                _at++;
            }
            else
            {
                return;
            }
        }
    }

    private bool TryTake(char expected)
    {
        if (_at < _text.Length && _text[_at] == expected)
        {
            _at++;
            return true;
        }

        return false;
    }

    private void Expect(char expected)
    {
        SkipBlank();
        if (!TryTake(expected))
        {
            throw Malformed($"'{expected}' is missing");
        }
    }

    private readonly ConfigurationException Malformed(string what)
    {
        int line = 1 + _text[.._at].Count('\n');
        return new ConfigurationException($"The configuration is malformed in line {line}: {what}.");
    }
}
