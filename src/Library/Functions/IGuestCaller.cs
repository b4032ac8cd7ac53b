namespace KvmActors;

/// <summary>Calls a guest's functions: what the source generator's methods need of a <see cref="Guest"/>.</summary>
public interface IGuestCaller
{
    /// <summary>Calls a function.</summary>
    /// <typeparam name="TResult">What it answers: a number, <see cref="bool"/>, <see cref="string"/>, <c>byte[]</c>, <see cref="ReadOnlyMemory{T}"/> of bytes, or a structure without references.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="arguments">Its arguments, in their order.</param>
    /// <param name="cancellationToken">Ends the call, and what the guest does for it.</param>
    /// <exception cref="GuestFunctionException">There is no such function, it takes or gives something else, or it answered with an error.</exception>
    /// <exception cref="GuestEndedException">The guest has ended.</exception>
    ValueTask<TResult> CallAsync<TResult>(string name, ReadOnlySpan<GuestValue> arguments, CancellationToken cancellationToken = default);

    /// <summary>Calls a function that answers nothing.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="arguments">Its arguments, in their order.</param>
    /// <param name="cancellationToken">Ends the call, and what the guest does for it.</param>
    /// <exception cref="GuestFunctionException">There is no such function, it takes or gives something else, or it answered with an error.</exception>
    /// <exception cref="GuestEndedException">The guest has ended.</exception>
    ValueTask CallAsync(string name, ReadOnlySpan<GuestValue> arguments, CancellationToken cancellationToken = default);
}
