using KvmActors.Machine.Images;

namespace KvmActors.Library.Planning;

/// <summary>The guest kernel, which is in this assembly.</summary>
internal static class GuestKernel
{
    private const string Resource = "KvmActors.guest.kernel.elf";

    private static readonly Lazy<GuestImage> Parsed = new(() =>
    {
        using var stream = typeof(GuestKernel).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The guest kernel {Resource} is missing in {typeof(GuestKernel).Assembly.GetName().Name}.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return ElfImage.Parse(bytes);
    });

    /// <summary>It, ready to be placed in memory.</summary>
    public static GuestImage Image => Parsed.Value;
}
