namespace KvmActors.Actors.Output;

/// <summary>What a guest says, for a person's terminal: one line, and nothing that the terminal would act on.</summary>
internal static class PrintableText
{
    /// <summary>The text with a space for each control character.</summary>
    public static string Of(string text) => string.Create(text.Length, text, (target, source) =>
    {
        for (var index = 0; index < target.Length; index++)
        {
            target[index] = char.IsControl(source[index]) ? ' ' : source[index];
        }
    });
}
