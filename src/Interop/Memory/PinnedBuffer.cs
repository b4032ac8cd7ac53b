using System.Runtime.CompilerServices;

namespace KvmActors.Interop.Memory;

/// <summary>Memory of the host's that transfers can use like a guest's.</summary>
public sealed unsafe class PinnedBuffer
{
    /// <summary>How large every buffer is, in bytes.</summary>
    public const int Bytes = 65536;

    // On the pinned heap, so that Pointer stays valid while this object is referenced.
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Bytes, pinned: true);

    /// <summary>The buffer.</summary>
    public Span<byte> Span => _bytes;

    internal byte* Pointer => (byte*)Unsafe.AsPointer(ref _bytes[0]);
}
