using KvmActors.Tests;

namespace KvmActors.Library.Tests.Support;

/// <summary>Hosts and guests for tests, on the backend that the test is for.</summary>
internal static class LibraryHost
{
    /// <summary>A static busybox, as CI has it.</summary>
    public const string Busybox = "/usr/bin/busybox";


    public static GuestBackend Backend => TestBackend.IsSoftware ? GuestBackend.Software : GuestBackend.Kvm;

    public static KvmHost Create() => KvmHost.Create(new KvmHostOptions { Backend = Backend });

    /// <summary>The file of one of the guests in <c>tests/Library/Guests</c>.</summary>
    public static string Guest(string name) => Path.Combine(AppContext.BaseDirectory, "guests", name);

    /// <summary>A program with all kinds of functions.</summary>
    public static GuestProgram Calls(IHostFunctions? functions = null) => new(Guest("calls")) { HostFunctions = functions };
}
