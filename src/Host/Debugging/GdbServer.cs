using System.Globalization;
using System.Net;
using System.Net.Sockets;
using KvmActors.Actors.Specs;
using KvmActors.Host.Output;
using KvmActors.Library.Checking;
using KvmActors.Linux.Files;
using KvmActors.Machine.Debugging;

namespace KvmActors.Host.Debugging;

/// <summary>
/// Waits for a debugger for one VM (<c>--gdb</c>), on a port of the loopback interface or on the standard streams. The VM waits before
/// its first instruction until the debugger lets it go. One debugger at a time, and only one ever: with it gone the VM runs on.
/// </summary>
internal sealed class GdbServer : IDisposable
{
    private const string Stdio = "stdio";

    private readonly TcpListener? _listener;
    private readonly VmSpec _spec;
    private volatile bool _isOver;

    private GdbServer(VmDebugger debugger, VmSpec spec, TcpListener? listener)
    {
        (Debugger, _spec, _listener) = (debugger, spec, listener);
    }

    /// <summary>The hold on the VM.</summary>
    public VmDebugger Debugger { get; }

    /// <summary>Whether the standard streams are the debugger's.</summary>
    public bool IsOnStandardStreams => _listener is null;

    /// <summary>Makes one ready.</summary>
    /// <param name="option">The option's value, <c>PORT</c>, <c>stdio</c>, or either with <c>VM=</c> before it; null for none.</param>
    /// <param name="scenario">What is to run.</param>
    /// <param name="findStepsRing3">Whether a VM can be stepped in ring 3; asked when there is a debugger.</param>
    /// <exception cref="ConfigurationException">There is no such VM, or the port cannot be had.</exception>
    public static GdbServer? Open(string? option, ScenarioSpec scenario, Func<VmSpec, bool> findStepsRing3)
    {
        if (option is null)
        {
            return null;
        }

        var parts = option.Split('=', 2);
        var vm = FindVm(option, parts.Length == 2 ? parts[0] : null, scenario, out var id);
        var debugger = new VmDebugger(id, findStepsRing3(vm), awaitsProgram: vm.Machine is { Image.StartsVcpus: true, Args.Count: > 0 });
        if (parts[^1] == Stdio)
        {
            return new GdbServer(debugger, vm, listener: null);
        }

        if (!ushort.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
        {
            throw new ConfigurationException($"--gdb {option}: '{parts[^1]}' is no port (1 to 65535) and not stdio");
        }

        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start(1);
        }
        catch (SocketException e)
        {
            throw new ConfigurationException($"--gdb {option}: port {port} of 127.0.0.1 cannot be listened on: {e.Message}");
        }

        return new GdbServer(debugger, vm, listener);
    }

    /// <summary>Begins to wait.</summary>
    public void Start()
    {
        if (_listener is { LocalEndpoint: IPEndPoint place })
        {
            ErrorLine.Write(string.Create(
                CultureInfo.InvariantCulture, $"--gdb: {Debugger.Vm} waits for a debugger: gdb -ex 'target remote 127.0.0.1:{place.Port}'"));
        }

        new Thread(Serve) { IsBackground = true, Name = "gdb" }.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isOver = true;
        _listener?.Dispose();
    }

    private static VmSpec FindVm(string option, string? name, ScenarioSpec scenario, out string id)
    {
        id = name ?? "";
        if (name is null && scenario.Vms is [{ Instances: 1 } only])
        {
            id = $"{only.Name}-0";
            return only;
        }

        foreach (var vm in scenario.Vms)
        {
            for (var index = 0; name is not null && index < vm.Instances; index++)
            {
                if (name == string.Create(CultureInfo.InvariantCulture, $"{vm.Name}-{index}"))
                {
                    return vm;
                }
            }
        }

        throw new ConfigurationException(name is null
            ? $"--gdb {option}: the scenario has several VMs: name one, --gdb {scenario.Vms[0].Name}-0={option}"
            : $"--gdb {option}: the scenario has no VM {name}; the first one is {scenario.Vms[0].Name}-0");
    }

    private void Serve()
    {
        try
        {
            using var files = OpenFiles();
            if (_listener is null)
            {
                using var input = Console.OpenStandardInput();
                using var output = Console.OpenStandardOutput();
                new GdbConnection(Debugger, _spec.Machine.Vcpus, input, output) { FindFile = FindIn(files) }.Serve(() => _isOver);
                return;
            }

            using var client = _listener.AcceptTcpClient();
            client.NoDelay = true;
            _listener.Stop();
            using var stream = client.GetStream();
            new GdbConnection(Debugger, _spec.Machine.Vcpus, stream, stream) { FindFile = FindIn(files) }.Serve(() => _isOver);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The run is over, or the debugger is gone.
            Debugger.Detach();
        }
    }

    // What the program sees of the host's files, for the symbols in them.
    private GuestView? OpenFiles()
    {
        try
        {
            return _spec.Files.Count > 0 ? GuestView.Open(_spec.Files) : null;
        }
        catch (IOException)
        {
            // Told when the VM starts.
            return null;
        }
    }

    private static Func<string, string?>? FindIn(GuestView? files) => files is null ? null : files.Find;
}
