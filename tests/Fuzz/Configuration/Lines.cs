using KvmActors.Fuzz.Tests.Running;
using KvmActors.Host.Output;

namespace KvmActors.Fuzz.Tests.Configuration;

/// <summary>What is said to people about what is wrong.</summary>
internal static class Lines
{
    /// <summary>Each problem becomes one line that says something.</summary>
    public static string Check(IReadOnlyList<string> problems)
    {
        foreach (var problem in problems)
        {
            var line = ErrorLine.Format(problem);
            if (string.IsNullOrWhiteSpace(line) || line.AsSpan().ContainsAny('\n', '\r', '\0'))
            {
                throw new FuzzFailureException($"a problem is no line: '{line}'");
            }
        }

        return problems.Count > 0 ? "refused" : throw new FuzzFailureException("refused without a reason");
    }
}
