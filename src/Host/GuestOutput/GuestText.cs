namespace KvmActors.Host.GuestOutput;

/// <summary>What an instance wrote: all of it, or its beginning and its end.</summary>
/// <param name="Head">The beginning, in UTF-8; bytes that are none are U+FFFD.</param>
/// <param name="CutBytes">How many bytes were left out behind it.</param>
/// <param name="Tail">The end; empty when nothing was left out.</param>
internal sealed record GuestText(string Head, long CutBytes, string Tail)
{
    /// <summary>Of an instance that wrote nothing.</summary>
    public static GuestText Empty { get; } = new("", 0, "");

    /// <summary>The text, with a line of ours where something was left out.</summary>
    public override string ToString() => CutBytes == 0 ? Head : $"{Head}\n[… {CutBytes} bytes …]\n{Tail}";
}
