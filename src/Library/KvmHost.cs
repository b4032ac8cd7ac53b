using KvmActors.Actors.Services;
using KvmActors.Interop.Sandbox;
using KvmActors.Library.Hosting;
using KvmActors.Library.Planning;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KvmActors;

/// <summary>
/// Runs programs in virtual machines of their own. One for a process is enough; it may have any number of programs and guests at once, is safe
/// from any thread, and takes nothing of the machine before it is used.
/// </summary>
public sealed partial class KvmHost : IAsyncDisposable
{
    private readonly KvmHostOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly Lock _gate = new();
    private readonly HashSet<GuestTemplate> _templates = [];
    private Task<GuestRuntime>? _runtime;
    private bool _isDisposed;

    private KvmHost(KvmHostOptions options, ILoggerFactory? loggers)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Guests run on Linux alone: run this there, or in a container.");
        }

        ArgumentNullException.ThrowIfNull(options);
        if (options.Grace <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.Grace, "A grace is more than 0.");
        }

        ArgumentException.ThrowIfNullOrEmpty(options.KvmDevice, nameof(options));
        _options = options;
        _loggers = options.LoggerFactory ?? loggers ?? NullLoggerFactory.Instance;
    }

    internal ILogger Logger => field ??= _loggers.CreateLogger<KvmHost>();

    /// <summary>Makes a host.</summary>
    /// <param name="options">What it runs guests with; null for KVM where it can be used, and no log.</param>
    /// <exception cref="ArgumentException">An option is wrong.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static KvmHost Create(KvmHostOptions? options = null) => new(options ?? new KvmHostOptions(), loggers: null);

    internal static KvmHost Create(KvmHostOptions options, ILoggerFactory loggers) => new(options, loggers);

    /// <summary>Loads a program: guests are started from what this gives, and start faster the second time.</summary>
    /// <param name="program">The program.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    /// <returns>What its guests start from; dispose it when they have ended.</returns>
    /// <exception cref="GuestStartException">It cannot be run; the message says why and what to do.</exception>
    /// <exception cref="ObjectDisposedException">The host was disposed.</exception>
    public async Task<GuestTemplate> LoadAsync(GuestProgram program, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(program);
        var runtime = await GetRuntimeAsync();
        cancellationToken.ThrowIfCancellationRequested();
        var plan = await Task.Run(() => ProgramPlanner.Plan(program, runtime.Backend), cancellationToken);
        plan = plan with { OvercommitsMemory = _options.OvercommitsMemory, Grace = _options.Grace };
        if (runtime.Services.FindHypervisor(plan.Vm.Backend) is null)
        {
            throw new GuestStartException($"{program.Path}: it is to run on {plan.Vm.Backend}, which this host does not have: see {nameof(KvmHostOptions)}.{nameof(KvmHostOptions.Backend)}");
        }

        var template = new GuestTemplate(this, runtime, program, plan);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _templates.Add(template);
        }

        try
        {
            await template.BootAsync(cancellationToken);
            return template;
        }
        catch
        {
            await template.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a program to its end, in a guest of its own, and gives all that it wrote.</summary>
    /// <param name="program">The program.</param>
    /// <param name="options">What the guest has of its own: input, for one; null for nothing.</param>
    /// <param name="cancellationToken">Ends the guest; the call ends with <see cref="OperationCanceledException"/> then.</param>
    /// <exception cref="GuestStartException">It cannot be run.</exception>
    public async Task<GuestRun> RunAsync(GuestProgram program, GuestStartOptions? options = null, CancellationToken cancellationToken = default)
    {
        await using var template = await LoadAsync(program, cancellationToken);
        return await template.RunAsync(options, cancellationToken);
    }

    /// <summary>The same of a guest with nothing of its own.</summary>
    /// <inheritdoc cref="RunAsync(GuestProgram, GuestStartOptions?, CancellationToken)"/>
    public Task<GuestRun> RunAsync(GuestProgram program, CancellationToken cancellationToken) => RunAsync(program, options: null, cancellationToken);

    /// <summary>Ends all guests, and gives everything back.</summary>
    public async ValueTask DisposeAsync()
    {
        List<GuestTemplate> templates;
        Task<GuestRuntime>? runtime;
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            templates = [.. _templates];
            runtime = _runtime;
        }

        await Task.WhenAll(templates.Select(template => template.DisposeAsync().AsTask()));
        if (runtime is { IsCompletedSuccessfully: true })
        {
            await (await runtime).DisposeAsync();
        }
    }

    internal void Forget(GuestTemplate template)
    {
        lock (_gate)
        {
            _templates.Remove(template);
        }
    }

    private Task<GuestRuntime> GetRuntimeAsync()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);

            // What failed may go well the next time: somebody has loaded the module meanwhile.
            if (_runtime is null or { IsFaulted: true })
            {
                _runtime = StartAsync();
            }

            return _runtime;
        }
    }

    private async Task<GuestRuntime> StartAsync()
    {
        // Not on the caller's thread, which may be anybody's.
        await Task.Yield();
        var hypervisors = Hypervisors.Open(_options, _loggers.CreateLogger<KvmHost>());
        try
        {
            var services = new VmServices(hypervisors.First, new NoOutput(), new ExitSamplingOptions())
            {
                OtherHypervisors = hypervisors.Others,
                Sandbox = _options.ConfinesThreads ? SandboxMode.On : SandboxMode.Off,
            };
            var isVerbose = _loggers.CreateLogger("KvmActors").IsEnabled(LogLevel.Debug);
            var actors = await ActorRuntime.StartAsync((collection, _) => collection.AddSingleton(_loggers), isVerbose);
            return new GuestRuntime(actors, services, hypervisors);
        }
        catch
        {
            hypervisors.Dispose();
            throw;
        }
    }

    private sealed class NoOutput : IGuestOutput
    {
        public Interop.Libc.Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal) => Interop.Libc.Errno.None;
    }
}
