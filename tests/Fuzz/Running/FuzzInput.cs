namespace KvmActors.Fuzz.Tests.Running;

/// <summary>
/// The choices a case is made of: numbers below a bound, random at first, and kept. Given the same ones a target makes the same case;
/// given fewer or smaller ones, a smaller case, if its simplest alternatives come first. Behind the last choice all are 0.
/// </summary>
internal sealed class FuzzInput
{
    private readonly List<ulong> _choices = [];
    private readonly List<string> _notes = [];
    private ulong _state;
    private ulong[]? _given;

    /// <summary>Whether the steps are wanted in words.</summary>
    public bool IsDescribed { get; set; }

    /// <summary>The choices made so far.</summary>
    public IReadOnlyList<ulong> Choices => _choices;

    /// <summary>The steps in words.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>How often each thing was done, over all cases.</summary>
    public Dictionary<string, long> Coverage { get; } = [];

    /// <summary>Starts a case of its own for each seed and index.</summary>
    public void Begin(ulong seed, ulong index)
    {
        Clear();
        _given = null;
        _state = Mix(seed) ^ Mix(index + 0x9E37_79B9_7F4A_7C15);
    }

    /// <summary>Starts a case of the choices given.</summary>
    public void Begin(ulong[] choices)
    {
        Clear();
        _given = choices;
    }

    /// <summary>Any number of 64 bits.</summary>
    public ulong Bits()
    {
        var choice = Draw();
        _choices.Add(choice);
        return choice;
    }

    /// <summary>A number from 0 to below the bound.</summary>
    public int Next(int bound)
    {
        var choice = Draw() % (ulong)bound;
        _choices.Add(choice);
        return (int)choice;
    }

    /// <summary>True once in so many times.</summary>
    public bool OneIn(int times) => Next(times) == times - 1;

    /// <summary>One of several, the simplest of which comes first.</summary>
    public T Pick<T>(ReadOnlySpan<T> values) => values[Next(values.Length)];

    /// <summary>Random bytes.</summary>
    public void Fill(Span<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            BitConverter.TryWriteBytes(bytes, Bits());
        }

        for (var index = 0; index < bytes.Length; index++)
        {
            bytes[index] = (byte)Next(256);
        }
    }

    /// <summary>Counts something that a case did.</summary>
    public void Count(string what) =>
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(Coverage, what, out _)++;

    /// <summary>Says a step in words; only where <see cref="IsDescribed"/>.</summary>
    public void Note(string step) => _notes.Add(step);

    private void Clear()
    {
        _choices.Clear();
        _notes.Clear();
    }

    // SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators".
    private ulong Draw()
    {
        if (_given is not null)
        {
            return _choices.Count < _given.Length ? _given[_choices.Count] : 0;
        }

        return Mix(_state += 0x9E37_79B9_7F4A_7C15);
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }
}
