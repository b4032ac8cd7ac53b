using Microsoft.CodeAnalysis;

namespace KvmActors.Generators;

/// <summary>A type whose values travel between a program and its guests.</summary>
/// <param name="Name">Its name in C#, complete.</param>
/// <param name="Code">How a signature writes it, but for structures, whose size is known later.</param>
/// <param name="Number">The name of the number that an enumeration is; null for other types.</param>
internal sealed record ValueType(string Name, char Code, string? Number)
{
    public const char Text = 's', Bytes = 'B', Structure = 'S', Span = 'P';

    private static readonly Dictionary<SpecialType, (char Code, string Reads)> Numbers = new()
    {
        [SpecialType.System_SByte] = ('c', "SByte"),
        [SpecialType.System_Byte] = ('y', "Byte"),
        [SpecialType.System_Int16] = ('n', "Int16"),
        [SpecialType.System_UInt16] = ('q', "UInt16"),
        [SpecialType.System_Int32] = ('i', "Int32"),
        [SpecialType.System_UInt32] = ('u', "UInt32"),
        [SpecialType.System_Int64] = ('x', "Int64"),
        [SpecialType.System_UInt64] = ('t', "UInt64"),
        [SpecialType.System_Boolean] = ('b', "Boolean"),
        [SpecialType.System_Single] = ('f', "Single"),
        [SpecialType.System_Double] = ('d', "Double"),
        [SpecialType.System_String] = (Text, "String"),
    };

    /// <summary>The type; null for one whose values cannot travel.</summary>
    public static ValueType? Of(ITypeSymbol type)
    {
        var name = type.ToDisplayString(Names.Complete);
        if (Numbers.TryGetValue(type.SpecialType, out var known))
        {
            return new ValueType(name, known.Code, null);
        }

        if (type is INamedTypeSymbol { TypeKind: TypeKind.Enum, EnumUnderlyingType: { } number })
        {
            return new ValueType(name, Numbers[number.SpecialType].Code, number.ToDisplayString(Names.Complete));
        }

        return type switch
        {
            IArrayTypeSymbol { Rank: 1, ElementType.SpecialType: SpecialType.System_Byte } => new ValueType(name, Bytes, null),
            INamedTypeSymbol { Name: "ReadOnlyMemory" or "Memory", TypeArguments: { Length: 1 } items } when items[0].SpecialType == SpecialType.System_Byte => new ValueType(name, Bytes, null),
            INamedTypeSymbol { Name: "ReadOnlySpan", TypeArguments: { Length: 1 } arguments } when arguments[0].SpecialType == SpecialType.System_Byte => new ValueType(name, Span, null),
            INamedTypeSymbol { IsUnmanagedType: true, TypeKind: TypeKind.Struct, SpecialType: SpecialType.None } => new ValueType(name, Structure, null),
            _ => null,
        };
    }

    /// <summary>The expression of its part in a signature.</summary>
    public string Signature => Code switch
    {
        Structure => $"{{(global::System.Runtime.CompilerServices.Unsafe.SizeOf<{Name}>())}}",
        Span => "B",
        _ => Code.ToString(),
    };

    /// <summary>Reads a value.</summary>
    public string Read(string reader) => Code switch
    {
        Structure => $"{reader}.ReadStruct<{Name}>()",
        Span => $"{reader}.ReadBytes()",
        Bytes => $"{reader}.ReadBytes().ToArray()",
        _ => (Number is null ? "" : $"({Name})") + $"{reader}.Read{Numbers.First(row => row.Value.Code == Code).Value.Reads}()",
    };

    /// <summary>Writes a value.</summary>
    public string Write(string writer, string value) => Code switch
    {
        Structure => $"{writer}.WriteStruct<{Name}>({value})",
        Text => $"{writer}.WriteString({value})",
        Bytes => Name.EndsWith("[]", StringComparison.Ordinal) ? $"{writer}.WriteBytes({value})" : $"{writer}.WriteBytes({value}.Span)",
        _ => $"{writer}.Write({(Number is null ? value : $"({Number}){value}")})",
    };

    /// <summary>Makes an argument of a value.</summary>
    public string ToArgument(string value) => Code switch
    {
        Structure => $"global::KvmActors.GuestValue.Of<{Name}>({value})",
        _ => Number is null ? value : $"({Number}){value}",
    };
}
