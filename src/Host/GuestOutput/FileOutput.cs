using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Library.Checking;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Host.GuestOutput;

/// <summary>
/// Guests' output into a file for each instance, <c>NAME-0.log</c>, both of its streams in the order they were written. The vCPUs'
/// threads may not open files, so a thread of its own writes. Any thread.
/// </summary>
internal sealed class FileOutput : IGuestOutput, IDisposable
{
    private const int MaxPendingBytes = 4 << 20;
    private const int WaitMilliseconds = 20;

    private readonly object _gate = new();
    private readonly Queue<(string Vm, byte[] Bytes)> _pending = new();
    private readonly HashSet<string> _begun = [];
    private readonly Dictionary<string, Errno> _failed = [];
    private readonly string _path;
    private readonly OutputFolder _folder;
    private readonly Thread _writer;
    private long _pendingBytes;
    private bool _isEnding;

    private FileOutput(string path, OutputFolder folder)
    {
        _path = path;
        _folder = folder;
        _writer = new Thread(WriteAll) { IsBackground = true, Name = "output files" };
        _writer.Start();
    }

    /// <summary>Why some of the guests' output is missing from the files; null when none is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Opens a folder, and makes it where there is none.</summary>
    /// <exception cref="ConfigurationException">It cannot be had.</exception>
    public static FileOutput Open(string path)
    {
        var errno = OutputFolder.Open(path, out var folder);
        return folder is not null ? new FileOutput(path, folder) : throw new ConfigurationException($"--output files={path}: {errno.Describe()}");
    }

    /// <inheritdoc/>
    public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal)
    {
        lock (_gate)
        {
            while (_pendingBytes > MaxPendingBytes)
            {
                if (stopSignal is { IsRequested: true })
                {
                    return Errno.EINTR;
                }

                Monitor.Wait(_gate, WaitMilliseconds);
            }

            if (_failed.TryGetValue(vm, out var errno))
            {
                return errno;
            }

            _pending.Enqueue((vm, bytes.ToArray()));
            _pendingBytes += bytes.Length;
            Monitor.PulseAll(_gate);
            return Errno.None;
        }
    }

    /// <summary>Waits until everything is written.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            _isEnding = true;
            Monitor.PulseAll(_gate);
        }

        _writer.Join();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Finish();
        _folder.Dispose();
    }

    private void WriteAll()
    {
        while (TakeNext() is (var vm, var bytes))
        {
            var isFirst = _begun.Add(vm);
            var errno = _folder.OpenFile($"{vm}.log", truncate: isFirst, out var file);
            using (file)
            {
                if (file is not null)
                {
                    errno = OutputFolder.Write(file, bytes);
                }
            }

            lock (_gate)
            {
                _pendingBytes -= bytes.Length;
                if (errno != Errno.None && _failed.TryAdd(vm, errno))
                {
                    Problem ??= $"--output files={_path}: {vm}.log: {errno.Describe()}; some of what guests wrote is missing";
                }

                Monitor.PulseAll(_gate);
            }
        }
    }

    private (string Vm, byte[] Bytes)? TakeNext()
    {
        lock (_gate)
        {
            while (true)
            {
                if (_pending.TryDequeue(out var next))
                {
                    if (!_failed.ContainsKey(next.Vm))
                    {
                        return next;
                    }

                    _pendingBytes -= next.Bytes.Length;
                }
                else if (_isEnding)
                {
                    return null;
                }
                else
                {
                    Monitor.Wait(_gate);
                }
            }
        }
    }
}
