namespace Akka;

/// <summary>What a task returns when all it has to say is that it finished.</summary>
public sealed class Done
{
    /// <summary>The only value.</summary>
    public static readonly Done Instance = new();

    private Done()
    {
    }
}
