using KvmActors.Software.Processor;

namespace KvmActors.Software.Decoding;

/// <summary>Decoded instructions that follow each other, up to the first that may go elsewhere.</summary>
internal sealed class Block
{
    /// <summary>The instructions; at least one.</summary>
    public required Op[] Ops
    {
        get;
        init
        {
            field = value;
            (LastRip, EndRip) = (value[^1].Rip, value[^1].NextRip);
        }
    }

    /// <summary>RIP of the first.</summary>
    public required ulong Rip { get; init; }

    /// <summary>RIP of the last, which is the only one that may go elsewhere.</summary>
    public ulong LastRip { get; private init; }

    /// <summary>RIP after the last.</summary>
    public ulong EndRip { get; private init; }

    /// <summary>The guest-physical address of the first.</summary>
    public required ulong Physical { get; init; }

    /// <summary>The guest-physical page that the last byte is in, where that is another than the first's; otherwise the same.</summary>
    public required ulong LastPage { get; init; }

    /// <summary>The mode it was decoded for: <see cref="Cpu.Mode"/>.</summary>
    public required int Mode { get; init; }

    /// <summary>The bytes it was decoded from.</summary>
    public required byte[] Bytes { get; init; }

    /// <summary>The linear address it was last found at.</summary>
    public ulong Linear { get; set; }

    /// <summary>When it was found there: <see cref="Tlb.Generation"/>; negative when it is not to be used any more.</summary>
    public int Generation { get; set; }

    /// <summary>When its bytes were last compared with memory.</summary>
    public int Epoch { get; set; }
}
