namespace KvmActors.Host;

/// <summary>The process's exit codes; promised in the README.</summary>
internal static class ExitCodes
{
    /// <summary>All guests ended as wanted.</summary>
    public const int Success = 0;

    /// <summary>Some guest did not.</summary>
    public const int GuestFailed = 1;

    /// <summary>The configuration or the command line is wrong; nothing was started.</summary>
    public const int BadUsage = 2;

    /// <summary>KVM cannot be used; nothing was started.</summary>
    public const int NoKvm = 3;

    /// <summary>The guests ended as wanted, but a file or standard output could not be written.</summary>
    public const int OutputFailed = 4;

    /// <summary>Interrupted by SIGINT, SIGTERM, SIGHUP or SIGQUIT; as a shell counts the first.</summary>
    public const int Interrupted = 130;
}
