namespace KvmActors.Host.Configuration.Reading;

/// <summary>What a setting is, where somebody wrote it.</summary>
internal enum SettingKind
{
    /// <summary>JSON's null.</summary>
    Null,

    /// <summary>JSON's true or false.</summary>
    Truth,

    /// <summary>A number in JSON; the text is as it was written.</summary>
    Number,

    /// <summary>A text in JSON.</summary>
    Text,

    /// <summary>A list in JSON; the children are its items, called 0, 1, ….</summary>
    List,

    /// <summary>An object in JSON; a name may be there twice.</summary>
    Object,

    /// <summary>A word of the command line or the environment, which may stand for any single value.</summary>
    Word,

    /// <summary>What words have below it: a list or an object, whichever it has to be.</summary>
    Branch,
}

/// <summary>One setting, and what is below it: what people wrote, before anybody knows what belongs there.</summary>
internal sealed class Setting(string name, SettingKind kind, string text = "")
{
    private readonly List<Setting> _children = [];

    /// <summary>What it is called where it stands.</summary>
    public string Name { get; } = name;

    /// <summary>What it is.</summary>
    public SettingKind Kind { get; private set; } = kind;

    /// <summary>A single value, as it was written; empty for others.</summary>
    public string Text { get; private set; } = text;

    /// <summary>What is below it, in the order it was written.</summary>
    public IReadOnlyList<Setting> Children => _children;

    /// <summary>Finds a child: one with exactly the name, otherwise one that differs in case.</summary>
    /// <returns>Null when there is none.</returns>
    public Setting? Find(string name) =>
        _children.Find(child => child.Name == name) ?? _children.Find(child => child.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Adds what is below it.</summary>
    public void Add(Setting child) => _children.Add(child);

    /// <summary>Sets what one word of the command line or the environment says.</summary>
    /// <param name="path">From here to the value, name by name.</param>
    /// <param name="word">The value.</param>
    public void Set(ReadOnlySpan<string> path, string word)
    {
        if (path.IsEmpty)
        {
            (Kind, Text) = (SettingKind.Word, word);
            _children.Clear();
            return;
        }

        if (Kind is not (SettingKind.List or SettingKind.Object or SettingKind.Branch))
        {
            (Kind, Text) = (SettingKind.Branch, "");
        }

        var child = Find(path[0]);
        if (child is null)
        {
            child = new Setting(path[0], SettingKind.Branch);
            _children.Add(child);
        }

        child.Set(path[1..], word);
    }

    /// <summary>Lays another file's settings over these: objects are joined, everything else is replaced.</summary>
    public void Overlay(Setting over)
    {
        if (Kind != SettingKind.Object || over.Kind != SettingKind.Object)
        {
            (Kind, Text) = (over.Kind, over.Text);
            _children.Clear();
            _children.AddRange(over._children);
            return;
        }

        // A name that the other file has twice meets the one here once, and then itself.
        var before = _children.ToList();
        foreach (var child in over._children)
        {
            var index = before.FindIndex(own => own.Name.Equals(child.Name, StringComparison.OrdinalIgnoreCase));
            if (index < 0)
            {
                _children.Add(child);
            }
            else
            {
                before[index].Overlay(child);
                before.RemoveAt(index);
            }
        }
    }
}
