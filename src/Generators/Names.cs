using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace KvmActors.Generators;

/// <summary>How names are written in what is generated.</summary>
internal static class Names
{
    /// <summary>Types with all that is around them, and their nullability.</summary>
    public static SymbolDisplayFormat Complete { get; } = SymbolDisplayFormat.FullyQualifiedFormat.WithMiscellaneousOptions(
        SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers | SymbolDisplayMiscellaneousOptions.UseSpecialTypes | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    /// <summary>A name that may be a keyword.</summary>
    public static string Escape(string name) =>
        SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None || SyntaxFacts.GetContextualKeywordKind(name) != SyntaxKind.None ? "@" + name : name;

    /// <summary>A text as it is written in C#.</summary>
    public static string Quote(string text) => SymbolDisplay.FormatLiteral(text, quote: true);
}
