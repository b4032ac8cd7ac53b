using KvmActors.Interop.Tests.Support;

namespace KvmActors.Machine.Tests.Support;

/// <summary>32-bit code.</summary>
internal sealed class Code32() : AssembledCode<Code32>(32);
