namespace KvmActors;

/// <summary>Something could not be done with a guest; the message says what, and what to do.</summary>
public class GuestException : Exception
{
    /// <summary>Makes one.</summary>
    public GuestException()
    {
    }

    /// <summary>Makes one.</summary>
    public GuestException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one.</summary>
    public GuestException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A program cannot be run as it was described, or this machine cannot run it.</summary>
public sealed class GuestStartException : GuestException
{
    /// <summary>Makes one.</summary>
    public GuestStartException()
    {
    }

    /// <summary>Makes one.</summary>
    public GuestStartException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one.</summary>
    public GuestStartException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>What became of the guest; null when there was none.</summary>
    public GuestResult? Result { get; init; }
}

/// <summary>The guest has ended, or ended before it had answered.</summary>
public sealed class GuestEndedException : GuestException
{
    /// <summary>Makes one.</summary>
    public GuestEndedException()
    {
    }

    /// <summary>Makes one.</summary>
    public GuestEndedException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one.</summary>
    public GuestEndedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>What became of the guest; null when that is not known yet.</summary>
    public GuestResult? Result { get; init; }
}

/// <summary>A function of the guest's answered with an error, or with something else than was asked for.</summary>
public sealed class GuestFunctionException : GuestException
{
    /// <summary>Makes one.</summary>
    public GuestFunctionException()
    {
    }

    /// <summary>Makes one.</summary>
    public GuestFunctionException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one.</summary>
    public GuestFunctionException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The function.</summary>
    public string? Function { get; init; }
}
