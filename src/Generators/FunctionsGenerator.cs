using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace KvmActors.Generators;

/// <summary>
/// Writes what moves values between a program and its guests: for classes with <c>[HostFunctions]</c>, whose methods guests call, and with
/// <c>[GuestFunctions]</c>, whose methods call guests.
/// </summary>
[Generator]
public sealed class FunctionsGenerator : IIncrementalGenerator
{
    private const string HostAttribute = "KvmActors.HostFunctionsAttribute", GuestAttribute = "KvmActors.GuestFunctionsAttribute";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        Register(context, HostAttribute, isHost: true);
        Register(context, GuestAttribute, isHost: false);
    }

    private static void Register(IncrementalGeneratorInitializationContext context, string attribute, bool isHost)
    {
        var classes = context.SyntaxProvider.ForAttributeWithMetadataName(
            attribute,
            static (node, _) => node is TypeDeclarationSyntax,
            (found, _) => ClassModel.Of((INamedTypeSymbol)found.TargetSymbol, isHost));
        context.RegisterSourceOutput(classes, static (output, model) =>
        {
            foreach (var problem in model.Problems)
            {
                output.ReportDiagnostic(problem.ToDiagnostic());
            }

            if (model.IsUsable)
            {
                output.AddSource(model.HintName, model.IsHost ? HostWriter.Write(model) : GuestWriter.Write(model));
            }
        });
    }
}
