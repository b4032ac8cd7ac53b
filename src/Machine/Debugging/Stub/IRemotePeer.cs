namespace KvmActors.Machine.Debugging.Stub;

/// <summary>The debugger, as a stub reaches it.</summary>
public interface IRemotePeer
{
    /// <summary>Sends bytes to the debugger.</summary>
    /// <exception cref="IOException">It is gone.</exception>
    void Send(ReadOnlySpan<byte> bytes);
}
