using KvmActors.Interop.Kvm;
using KvmActors.Machine.Kvm;
using KvmActors.Machine.Processor;
using KvmActors.Software;
using Microsoft.Extensions.Logging;

namespace KvmActors.Library.Hosting;

/// <summary>What makes a library host's VMs: KVM, if there is any, and the processor in software.</summary>
internal sealed partial class Hypervisors : IDisposable
{
    private readonly KvmDevice? _device;

    private Hypervisors(KvmDevice? device, SoftwareHypervisor software, bool prefersKvm)
    {
        _device = device;
        IHypervisor? kvm = device is null ? null : new KvmHypervisor(device);
        First = prefersKvm && kvm is not null ? kvm : software;
        Others = kvm is null ? [] : [ReferenceEquals(First, software) ? kvm : software];
    }

    /// <summary>What makes VMs that do not ask for another.</summary>
    public IHypervisor First { get; }

    /// <summary>What makes the others.</summary>
    public IReadOnlyList<IHypervisor> Others { get; }

    /// <summary>Opens them.</summary>
    /// <exception cref="GuestStartException">KVM was asked for, and cannot be used.</exception>
    public static Hypervisors Open(KvmHostOptions options, ILogger logger)
    {
        KvmDevice? device = null;
        try
        {
            device = KvmAccess.Open(options.KvmDevice);
        }
        catch (KvmUnavailableException e) when (options.Backend == GuestBackend.Kvm)
        {
            throw new GuestStartException($"{e.Message} Or have guests run without KVM, slower: {nameof(KvmHostOptions)}.{nameof(KvmHostOptions.Backend)}.", e);
        }
        catch (KvmUnavailableException e)
        {
            if (options.Backend == GuestBackend.Auto)
            {
                LogNoKvm(logger, e.Message);
            }
        }

        return new Hypervisors(device, new SoftwareHypervisor(options.IsDeterministic), options.Backend != GuestBackend.Software);
    }

    /// <inheritdoc/>
    public void Dispose() => _device?.Dispose();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Guests run in software, which is slower, as KVM cannot be used: {Reason}")]
    private static partial void LogNoKvm(ILogger logger, string reason);
}
