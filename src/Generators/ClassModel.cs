using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace KvmActors.Generators;

/// <summary>A class whose functions are to be written, as far as that matters for what is written.</summary>
internal sealed record ClassModel(string Namespace, string Name, bool IsHost)
{
    /// <summary>The declarations around it and its own, from the outside in: <c>partial class Outer</c>.</summary>
    public EquatableList<string> Declarations { get; private set; }

    /// <summary>Its functions.</summary>
    public EquatableList<MethodModel> Methods { get; private set; }

    /// <summary>What a person has to change.</summary>
    public EquatableList<Problem> Problems { get; private set; }

    /// <summary>How its methods get at the guest; null for functions of the host's.</summary>
    public string? Guest { get; private set; }

    /// <summary>Whether anything can be written.</summary>
    public bool IsUsable => Problems.All(problem => problem.Kind is not (ProblemKind.NotPartial or ProblemKind.NoGuest));

    /// <summary>What the file is called.</summary>
    public string HintName => $"{Namespace}.{string.Join(".", Declarations.Select(line => string.Concat(line.Split(' ').SkipWhile(word => word is "partial" or "record" or "class" or "struct")).Replace('<', '{').Replace('>', '}')))}.{(IsHost ? "HostFunctions" : "GuestFunctions")}.g.cs".Replace("@", "");

    /// <summary>Looks at a class.</summary>
    public static ClassModel Of(INamedTypeSymbol type, bool isHost)
    {
        var problems = new List<Problem>();
        var declarations = new List<string>();
        for (var at = type; at is not null; at = at.ContainingType)
        {
            if (!IsPartial(at))
            {
                problems.Add(Problem.At(type, ProblemKind.NotPartial, at.Name));
            }

            var kind = at.IsRecord ? (at.IsValueType ? "record struct" : "record") : at.IsValueType ? "struct" : "class";
            var parameters = at.TypeParameters.Length == 0 ? "" : $"<{string.Join(", ", at.TypeParameters.Select(parameter => Names.Escape(parameter.Name)))}>";
            declarations.Insert(0, $"partial {kind} {Names.Escape(at.Name)}{parameters}");
        }

        var guest = isHost ? null : FindGuest(type);
        if (!isHost && guest is null)
        {
            problems.Add(Problem.At(type, ProblemKind.NoGuest, type.Name));
        }

        var methods = new List<MethodModel>();
        foreach (var method in type.GetMembers().OfType<IMethodSymbol>())
        {
            if (MethodModel.Of(method, isHost, problems) is { } found)
            {
                if (isHost && methods.Exists(other => other.GuestName == found.GuestName))
                {
                    problems.Add(Problem.At(method, ProblemKind.SameName, found.GuestName, type.Name));
                    continue;
                }

                methods.Add(found);
            }
        }

        var space = type.ContainingNamespace.IsGlobalNamespace ? "" : type.ContainingNamespace.ToDisplayString();
        return new ClassModel(space, type.Name, isHost)
        {
            Declarations = new EquatableList<string>(declarations),
            Methods = new EquatableList<MethodModel>(methods),
            Problems = new EquatableList<Problem>(problems),
            Guest = guest,
        };
    }

    private static bool IsPartial(INamedTypeSymbol type) => type.DeclaringSyntaxReferences
        .Select(reference => reference.GetSyntax()).OfType<TypeDeclarationSyntax>()
        .Any(declaration => declaration.Modifiers.Any(modifier => modifier.ValueText == "partial"));

    private static string? FindGuest(INamedTypeSymbol type)
    {
        for (var at = type; at is not null; at = at.BaseType)
        {
            var member = at.GetMembers().FirstOrDefault(member => !member.IsStatic && member.CanBeReferencedByName && member switch
            {
                IFieldSymbol field => IsGuest(field.Type),
                IPropertySymbol property => IsGuest(property.Type),
                _ => false,
            });
            if (member is not null && (ReferenceEquals(at, type) || member.DeclaredAccessibility != Accessibility.Private))
            {
                return $"this.{Names.Escape(member.Name)}";
            }
        }

        // A primary constructor's parameter, which the other half of the class sees, too.
        return type.InstanceConstructors
            .Where(constructor => constructor.DeclaringSyntaxReferences.Any(reference => reference.GetSyntax() is TypeDeclarationSyntax))
            .SelectMany(constructor => constructor.Parameters).Where(parameter => IsGuest(parameter.Type))
            .Select(parameter => Names.Escape(parameter.Name)).FirstOrDefault();
    }

    private static bool IsGuest(ITypeSymbol type) => type is { Name: "Guest" or "IGuestCaller", ContainingNamespace: { Name: "KvmActors", ContainingNamespace.IsGlobalNamespace: true } };
}
