using System.Text;

namespace KvmActors;

/// <summary>A guest that has run to its end, and all that it wrote.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Output">What it wrote to its standard output.</param>
/// <param name="Error">What it wrote to its standard error.</param>
public sealed record GuestRun(GuestResult Result, ReadOnlyMemory<byte> Output, ReadOnlyMemory<byte> Error)
{
    /// <summary>Its standard output as UTF-8; what is none shows as U+FFFD.</summary>
    public string OutputText => Encoding.UTF8.GetString(Output.Span);

    /// <summary>Its standard error as UTF-8; what is none shows as U+FFFD.</summary>
    public string ErrorText => Encoding.UTF8.GetString(Error.Span);
}
