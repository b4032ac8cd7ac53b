namespace KvmActors.Library.Streams;

/// <summary>Moves bytes between a stream of .NET's and a guest's, until one of them ends.</summary>
internal static class StreamPump
{
    private const int PieceBytes = 32 << 10;

    /// <summary>Brings a stream to a guest.</summary>
    /// <param name="source">The stream.</param>
    /// <param name="target">Where the guest reads it; ended with it, also when it fails.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task BringAsync(Stream source, GuestInputStream target, CancellationToken cancellationToken)
    {
        var piece = new byte[PieceBytes];
        try
        {
            while (await source.ReadAsync(piece, cancellationToken) is > 0 and var read)
            {
                await target.WriteAsync(piece.AsMemory(0, read), cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The guest finds the end where its input ends.
        }
        finally
        {
            target.Complete();
        }
    }

    /// <summary>Takes what a guest writes to a stream.</summary>
    /// <param name="source">What the guest writes.</param>
    /// <param name="target">The stream.</param>
    public static async Task TakeAsync(GuestOutputStream source, Stream target)
    {
        var piece = new byte[PieceBytes];
        try
        {
            while (await source.ReadAsync(piece, CancellationToken.None) is > 0 and var read)
            {
                await target.WriteAsync(piece.AsMemory(0, read), CancellationToken.None);
            }

            await target.FlushAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or NotSupportedException)
        {
            // Nobody takes the rest: the guest is told (EPIPE).
            await source.DisposeAsync();
        }
    }
}
