using Microsoft.CodeAnalysis;

namespace KvmActors.Generators;

/// <summary>How a method gives its answer.</summary>
internal enum AnswerKind
{
    Direct,
    Task,
    ValueTask,
}

/// <summary>A parameter whose value travels.</summary>
internal sealed record ParameterModel(string Name, ValueType Type, bool IsIn);

/// <summary>A method that is a function.</summary>
/// <param name="Name">Its own name.</param>
/// <param name="GuestName">What guests call it.</param>
/// <param name="Kind">How it gives its answer.</param>
/// <param name="Answer">The answer's type; null for none.</param>
internal sealed record MethodModel(string Name, string GuestName, AnswerKind Kind, ValueType? Answer)
{
    private const string HostAttribute = "HostFunctionAttribute", GuestAttribute = "GuestFunctionAttribute";

    public EquatableList<ParameterModel> Parameters { get; private set; }

    /// <summary>The name of its token's parameter; null for none.</summary>
    public string? Token { get; private set; }

    public bool RunsOnVcpu { get; private set; }

    public bool IsStatic { get; private set; }

    /// <summary>Its modifiers, answer and parameters, as a partial method repeats them.</summary>
    public string Declaration { get; private set; } = "";

    /// <summary>Looks at a method; null for one that is no function, or cannot be one.</summary>
    public static MethodModel? Of(IMethodSymbol method, bool isHost, List<Problem> problems)
    {
        var attribute = method.GetAttributes().FirstOrDefault(data => data.AttributeClass is { ContainingNamespace.Name: "KvmActors" } found
            && found.Name == (isHost ? HostAttribute : GuestAttribute));
        if (attribute is null)
        {
            return null;
        }

        var before = problems.Count;
        var (kind, answer) = AnswerOf(method, problems);
        var runsOnVcpu = attribute.NamedArguments.Any(argument => argument is { Key: "RunsOnVcpu", Value.Value: true });
        if (method.IsGenericMethod)
        {
            problems.Add(Problem.At(method, ProblemKind.Generic, method.Name));
        }

        if (runsOnVcpu && kind != AnswerKind.Direct)
        {
            problems.Add(Problem.At(method, ProblemKind.VcpuAwaits, method.Name));
        }

        if (!isHost && (!method.IsPartialDefinition || method.IsStatic))
        {
            problems.Add(Problem.At(method, ProblemKind.NoPartialMethod, method.Name));
        }

        if (!isHost && kind == AnswerKind.Direct)
        {
            problems.Add(Problem.At(method, ProblemKind.NoTask, method.Name));
        }

        var parameters = new List<ParameterModel>();
        string? token = null;
        foreach (var parameter in method.Parameters)
        {
            if (parameter.Type is { Name: "CancellationToken" } && token is null)
            {
                token = Names.Escape(parameter.Name);
            }
            else if (parameter.RefKind is not (RefKind.None or RefKind.In))
            {
                problems.Add(Problem.At(parameter, ProblemKind.ByReference, method.Name, parameter.Name));
            }
            else if (ValueType.Of(parameter.Type) is not { } type || (!isHost && type.Code == ValueType.Span))
            {
                problems.Add(Problem.At(parameter, ProblemKind.ParameterType, method.Name, parameter.Type.ToDisplayString()));
            }
            else if (type.Code == ValueType.Span && kind != AnswerKind.Direct)
            {
                problems.Add(Problem.At(parameter, ProblemKind.SpanAwaits, method.Name, parameter.Name));
            }
            else
            {
                parameters.Add(new ParameterModel(Names.Escape(parameter.Name), type, parameter.RefKind == RefKind.In));
            }
        }

        var name = attribute.NamedArguments.FirstOrDefault(argument => argument.Key == "Name").Value.Value as string;
        return problems.Count > before ? null : new MethodModel(Names.Escape(method.Name), name ?? NameOf(method.Name, isHost), kind, answer)
        {
            Parameters = new EquatableList<ParameterModel>(parameters),
            Token = token,
            RunsOnVcpu = runsOnVcpu,
            IsStatic = method.IsStatic,
            Declaration = isHost ? "" : DeclarationOf(method, answer),
        };
    }

    private static string NameOf(string name, bool isHost)
    {
        const string Suffix = "Async";
        return !isHost && name.EndsWith(Suffix, StringComparison.Ordinal) && name.Length > Suffix.Length ? name.Substring(0, name.Length - Suffix.Length) : name;
    }

    private static (AnswerKind Kind, ValueType? Answer) AnswerOf(IMethodSymbol method, List<Problem> problems)
    {
        if (method.ReturnsVoid)
        {
            return (AnswerKind.Direct, null);
        }

        var type = method.ReturnType;
        var kind = AnswerKind.Direct;
        if (type is INamedTypeSymbol { Name: "Task" or "ValueTask", ContainingNamespace.Name: "Tasks" } task)
        {
            kind = task.Name == "Task" ? AnswerKind.Task : AnswerKind.ValueTask;
            if (task.TypeArguments.Length == 0)
            {
                return (kind, null);
            }

            type = task.TypeArguments[0];
        }

        var answer = ValueType.Of(type);
        if (answer is null || answer.Code == ValueType.Span)
        {
            problems.Add(Problem.At(method, ProblemKind.AnswerType, method.Name, type.ToDisplayString()));
        }

        return (kind, answer);
    }

    private static string DeclarationOf(IMethodSymbol method, ValueType? answer)
    {
        var access = method.DeclaredAccessibility switch
        {
            Accessibility.Public => "public ",
            Accessibility.Internal => "internal ",
            Accessibility.Protected => "protected ",
            Accessibility.ProtectedOrInternal => "protected internal ",
            Accessibility.ProtectedAndInternal => "private protected ",
            _ => method.DeclaringSyntaxReferences.Any(reference => reference.GetSyntax().ToString().Contains("private ")) ? "private " : "",
        };
        var modifier = method.IsOverride ? "override " : method.IsVirtual ? "virtual " : "";
        var parameters = method.Parameters.Select(parameter => $"{(parameter.RefKind == RefKind.In ? "in " : "")}{parameter.Type.ToDisplayString(Names.Complete)} {Names.Escape(parameter.Name)}");
        var isAwaited = answer?.Number is null ? "" : "async ";
        return $"{access}{modifier}{isAwaited}partial {method.ReturnType.ToDisplayString(Names.Complete)} {Names.Escape(method.Name)}({string.Join(", ", parameters)})";
    }
}
