namespace KvmActors.Interop.Files;

/// <summary>When a terminal's new settings count; the order of TCSETS, TCSETSW and TCSETSF.</summary>
public enum TerminalChange
{
    /// <summary>At once.</summary>
    Now,

    /// <summary>When what was written is transmitted.</summary>
    AfterOutput,

    /// <summary>Then, and what was typed and not read is dropped.</summary>
    AfterOutputDroppingInput,
}
