namespace KvmActors;

/// <summary>
/// A partial class whose methods with <see cref="HostFunctionAttribute"/> guests may call. The source generator makes it an
/// <see cref="IHostFunctions"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class HostFunctionsAttribute : Attribute;

/// <summary>
/// A method that guests may call. It runs on the thread pool, and may be async: the guest's vCPU waits, with no thread of the pool. What it
/// throws is an error for the guest, which is told nothing but that, unless it is a <see cref="HostFunctionException"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class HostFunctionAttribute : Attribute
{
    /// <summary>What guests call it; the method's name where it is null.</summary>
    public string? Name { get; set; }

    /// <summary>
    /// Whether it runs on the vCPU's own thread, which saves two hand-overs to another thread. That thread is confined to what the guest may
    /// have: such a method opens nothing, starts no task, waits for nothing and is short.
    /// </summary>
    public bool RunsOnVcpu { get; set; }
}

/// <summary>A partial class whose partial methods with <see cref="GuestFunctionAttribute"/> call functions of a guest. The source generator writes them.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class GuestFunctionsAttribute : Attribute;

/// <summary>A partial method that calls a function of a guest.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GuestFunctionAttribute : Attribute
{
    /// <summary>What the guest calls it; the method's name, without <c>Async</c>, where it is null.</summary>
    public string? Name { get; set; }
}

/// <summary>Functions that guests may call.</summary>
public interface IHostFunctions
{
    /// <summary>Names them.</summary>
    /// <param name="table">Takes them.</param>
    void AddTo(HostFunctionTable table);
}

/// <summary>Serves one call of a function.</summary>
/// <param name="arguments">The guest's arguments, copied; valid until the task is completed.</param>
/// <param name="result">Takes the answer.</param>
/// <param name="cancellationToken">Cancelled when the guest does not wait any more.</param>
public delegate ValueTask HostFunctionHandler(ReadOnlyMemory<byte> arguments, FunctionWriter result, CancellationToken cancellationToken);

/// <summary>What a host function throws to tell its guest why it failed: the message goes to the guest.</summary>
public sealed class HostFunctionException : Exception
{
    /// <summary>Makes one.</summary>
    public HostFunctionException()
    {
    }

    /// <summary>Makes one.</summary>
    public HostFunctionException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one.</summary>
    public HostFunctionException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
