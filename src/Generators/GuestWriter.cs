namespace KvmActors.Generators;

/// <summary>Writes the half of a class whose methods call a guest.</summary>
internal static class GuestWriter
{
    /// <summary>Writes it.</summary>
    public static string Write(ClassModel model)
    {
        var text = new SourceText(model, "");
        foreach (var method in model.Methods)
        {
            var values = string.Join(", ", method.Parameters.Select(parameter => parameter.Type.ToArgument(parameter.Name)));
            var guest = $"((global::KvmActors.IGuestCaller){model.Guest})";
            var arguments = $"({Names.Quote(method.GuestName)}, [{values}], {method.Token ?? "default"})";
            var answer = method.Answer is { } type ? $"<{type.Number ?? type.Name}>" : "";
            var call = $"{guest}.CallAsync{answer}{arguments}";
            text.Line($"{method.Declaration} =>");
            text.Line("    " + (method.Answer is { Number: not null } number ? $"({number.Name})await {call}.ConfigureAwait(false);"
                : method.Kind == AnswerKind.Task ? $"{call}.AsTask();" : $"{call};"));
            text.Line("");
        }

        return text.Finish();
    }
}
