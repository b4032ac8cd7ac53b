namespace KvmActors.Generators;

/// <summary>Writes the half of a class whose methods guests call.</summary>
internal static class HostWriter
{
    /// <summary>Writes it.</summary>
    public static string Write(ClassModel model)
    {
        var text = new SourceText(model, " : global::KvmActors.IHostFunctions");
        text.Line("void global::KvmActors.IHostFunctions.AddTo(global::KvmActors.HostFunctionTable table)");
        text.Open();
        foreach (var method in model.Methods)
        {
            Write(text, method);
        }

        text.Close();
        if (model.Methods.Any(method => method is { Kind: not AnswerKind.Direct, Answer: not null }))
        {
            text.Line("");
            text.Line("private static async global::System.Threading.Tasks.ValueTask AnswerAsync<T>(global::System.Threading.Tasks.ValueTask<T> task, global::KvmActors.FunctionWriter result, global::System.Action<global::KvmActors.FunctionWriter, T> write) =>");
            text.Line("    write(result, await task.ConfigureAwait(false));");
        }

        return text.Finish();
    }

    private static void Write(SourceText text, MethodModel method)
    {
        var signature = (method.Answer?.Signature is { } answer ? SizeIn(answer) : "v") + "(" + string.Concat(method.Parameters.Select(parameter => SizeIn(parameter.Type.Signature))) + ")";
        text.Line($"table.Add({Names.Quote(method.GuestName)}, {(signature.Contains('{') ? $"string.Create(global::System.Globalization.CultureInfo.InvariantCulture, $\"{signature}\")" : Names.Quote(signature))}, {(method.RunsOnVcpu ? "true" : "false")}, {(method.IsStatic ? "static " : "")}(arguments, result, cancellationToken) =>");
        text.Open();
        if (method.Parameters.Count > 0)
        {
            text.Line("var reader = new global::KvmActors.FunctionReader(arguments.Span);");
        }

        // In the order of the parameters, which is that of the values.
        foreach (var (parameter, index) in method.Parameters.Select((parameter, index) => (parameter, index)))
        {
            text.Line($"var value{index} = {parameter.Type.Read("reader")};");
        }

        var values = method.Parameters.Select((parameter, index) => $"{parameter.Name}: value{index}").ToList();
        if (method.Token is { } token)
        {
            values.Add($"{token}: cancellationToken");
        }

        var call = $"{(method.IsStatic ? "" : "this.")}{method.Name}({string.Join(", ", values)})";
        switch (method.Kind)
        {
            case AnswerKind.Direct:
                text.Line(method.Answer is null ? $"{call};" : $"{method.Answer.Write("result", call)};");
                text.Line("return default;");
                break;
            case var kind when method.Answer is null:
                text.Line(kind == AnswerKind.Task ? $"return new global::System.Threading.Tasks.ValueTask({call});" : $"return {call};");
                break;
            default:
                var type = method.Answer!.Name;
                text.Line($"var task = {(method.Kind == AnswerKind.Task ? $"new global::System.Threading.Tasks.ValueTask<{type}>({call})" : call)};");
                text.Line("if (task.IsCompletedSuccessfully)");
                text.Open();
                text.Line("var answer = task.Result;");
                text.Line($"{method.Answer.Write("result", "answer")};");
                text.Line("return default;");
                text.Close();
                text.Line($"return AnswerAsync(task, result, static (writer, answer) => {method.Answer.Write("writer", "answer")});");
                break;
        }

        text.Close(");");
    }

    // A structure's size is known when the program is compiled for its machine.
    private static string SizeIn(string signature) => signature.StartsWith("{", StringComparison.Ordinal) ? $"S{signature};" : signature;
}
