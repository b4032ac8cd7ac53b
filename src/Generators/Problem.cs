using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace KvmActors.Generators;

/// <summary>Something that a person has to change, and where.</summary>
/// <param name="Kind">Which kind of problem.</param>
/// <param name="File">The file.</param>
/// <param name="Span">Where in its text.</param>
/// <param name="Lines">Where in its lines.</param>
/// <param name="First">What the message names first.</param>
/// <param name="Second">What it names then.</param>
internal sealed record Problem(ProblemKind Kind, string File, TextSpan Span, LinePositionSpan Lines, string First, string Second)
{
    private static readonly Dictionary<ProblemKind, DiagnosticDescriptor> Descriptors = new()
    {
        [ProblemKind.NotPartial] = Describe(1, "'{0}' has to be a partial class, so that the rest of it can be written for it: add 'partial', also to the types around it"),
        [ProblemKind.ParameterType] = Describe(2, "'{1}' of {0} is no type that a guest's function can take: use a number, bool, string, byte[], ReadOnlyMemory<byte>, an enum, or a struct without references"),
        [ProblemKind.AnswerType] = Describe(3, "{0} cannot answer with '{1}': use void, a number, bool, string, byte[], ReadOnlyMemory<byte>, an enum, a struct without references, or a Task or ValueTask of one of these"),
        [ProblemKind.ByReference] = Describe(4, "The parameter '{1}' of {0} is passed by reference, which cannot reach a guest: pass it by value"),
        [ProblemKind.Generic] = Describe(5, "{0} is generic, and a guest's function has one signature: write out its types"),
        [ProblemKind.VcpuAwaits] = Describe(6, "{0} runs on a vCPU's own thread, which must not wait, and gives a task: let it answer with the value itself, or leave out RunsOnVcpu"),
        [ProblemKind.SameName] = Describe(7, "Two functions of '{1}' are called {0}: give one of them another name, [HostFunction(Name = \"…\")]"),
        [ProblemKind.NoGuest] = Describe(8, "'{0}' has no guest to call: give it a field, a property or a primary constructor's parameter of the type Guest or IGuestCaller"),
        [ProblemKind.NoPartialMethod] = Describe(9, "{0} has to be a partial method without a body, and no static one: what calls the guest is written for it"),
        [ProblemKind.SpanAwaits] = Describe(10, "The span '{1}' of {0} is valid as long as the method runs, and it gives a task: use ReadOnlyMemory<byte>"),
        [ProblemKind.NoTask] = Describe(11, "{0} calls a guest, for which nobody may block: let it give a Task, a ValueTask, or one of a value"),
    };

    public Diagnostic ToDiagnostic() => Diagnostic.Create(Descriptors[Kind], Location.Create(File, Span, Lines), First, Second);

    public static Problem At(ISymbol symbol, ProblemKind kind, string first, string second = "")
    {
        var location = symbol.Locations.FirstOrDefault() ?? Location.None;
        var lines = location.GetLineSpan();
        return new Problem(kind, lines.Path ?? "", location.SourceSpan, lines.Span, first, second);
    }

    private static DiagnosticDescriptor Describe(int number, string message) =>
        new($"KVMA{number:000}", "A function for guests, or of theirs, cannot be written", message, "KvmActors", DiagnosticSeverity.Error, isEnabledByDefault: true);
}

/// <summary>The kinds of problems.</summary>
internal enum ProblemKind
{
    NotPartial,
    ParameterType,
    AnswerType,
    ByReference,
    Generic,
    VcpuAwaits,
    SameName,
    NoGuest,
    NoPartialMethod,
    SpanAwaits,
    NoTask,
}
