namespace KvmActors.Testing;

/// <summary>What tests' guests run on, and whether there is KVM.</summary>
internal static class TestBackendChoice
{
    private const string Node = "/dev/kvm";

    /// <summary>What the environment says, or what is there.</summary>
    /// <exception cref="InvalidOperationException">The environment says what is no backend.</exception>
    public static GuestBackend Wanted => Environment.GetEnvironmentVariable("KVMACTORS_BACKEND") switch
    {
        null or "" => GuestBackend.Auto,
        var word => Enum.TryParse<GuestBackend>(word, ignoreCase: true, out var backend) && Enum.IsDefined(backend)
            ? backend : throw new InvalidOperationException($"KVMACTORS_BACKEND is '{word}': it has to be auto, kvm or software."),
    };

    /// <summary>Why a test that needs KVM cannot run here; null when it can, or is to fail.</summary>
    public static string? SkipReason
    {
        get
        {
            if (Environment.GetEnvironmentVariable("KVM_REQUIRED") == "1")
            {
                return null;
            }

            if (Wanted == GuestBackend.Software)
            {
                return "It needs KVM, and KVMACTORS_BACKEND is software.";
            }

            try
            {
                using var device = File.Open(Node, FileMode.Open, FileAccess.ReadWrite);
                return null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return $"It needs KVM: {e.Message}";
            }
        }
    }
}
