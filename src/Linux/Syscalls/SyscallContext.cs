using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Memory;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Syscalls;

/// <summary>What a VM's program has at the host: files, directory, limits. Shared by all calls, one of which runs at a time.</summary>
internal sealed class SyscallContext(
    GuestBuffers buffers, FileNamespace files, FileTable table, FileQuotas budget, ulong memoryBytes, VirtualClock? clock, GuestRandom random,
    VcpuPool vcpus) : IDisposable
{
    /// <summary>The descriptor that stands for the current directory (AT_FDCWD of <c>linux/fcntl.h</c>).</summary>
    public const int CurrentDirectory = -100;

    /// <summary>The most buffers one call takes (UIO_MAXIOV of <c>linux/uio.h</c>).</summary>
    public const int MaxBuffers = 1024;

    private const uint DefaultUmask = 0x12;

    private readonly byte[] _path = new byte[GuestPath.MaxBytes], _otherPath = new byte[GuestPath.MaxBytes];
    private GuestIoVector? _pieces;
    private PinnedBuffer? _scratch;
    private guest_iovec[]? _vectors;
    private readonly List<Waiter?> _waiters = [];
    private byte[] _firstDirectory = "/"u8.ToArray();
    private VmStopSignal? _stop;
    private GuestCall _call;

    /// <summary>The guest's memory.</summary>
    public GuestBuffers Buffers { get; } = buffers;

    /// <summary>What paths mean.</summary>
    public FileNamespace Namespace { get; } = files;

    /// <summary>The open files.</summary>
    public FileTable Table { get; } = table;

    /// <summary>The files that are mapped shared.</summary>
    public SharedFiles Shared { get; } = new(buffers.Memory, table);

    /// <summary>What may still be used of the host's files.</summary>
    public FileQuotas Budget { get; } = budget;

    /// <summary>The guest's memory in bytes.</summary>
    public ulong MemoryBytes { get; } = memoryBytes;

    /// <summary>The clocks it reads.</summary>
    public GuestTime Time { get; } = new(clock);

    /// <summary>Its random numbers.</summary>
    public GuestRandom Random { get; } = random;

    /// <summary>The same as a file.</summary>
    public DeviceFile RandomDevice { get; } = new(DeviceKind.Random, default, OpenFlags.ReadOnly, random);

    /// <summary>The current directory: absolute and normalised.</summary>
    public byte[] Directory { get; set; } = "/"u8.ToArray();

    /// <summary>Whether nothing is open but the standard streams, and nothing has changed that is kept here or in a layer.</summary>
    public bool IsAsNew => Table.IsAsNew && Directory.AsSpan().SequenceEqual(_firstDirectory) && Umask == DefaultUmask
        && (!Namespace.HasLayers || Budget.IsUntouched);

    /// <summary>The permission bits that new files lack.</summary>
    public uint Umask { get; set; } = DefaultUmask;

    /// <summary>What the guest has to wait for, outside, because of the call at hand; null for nothing.</summary>
    public VcpuWait? Wait { get; private set; }

    /// <summary>The VM's vCPUs: whoever makes something ready wakes those that wait for it, which then make their calls again.</summary>
    public VcpuPool Vcpus { get; } = vcpus;

    /// <summary>The vCPU that makes the call at hand, as one that can wait.</summary>
    public Waiter Waiter { get; private set; } = new(0, vcpus);

    /// <summary>Whether the call at hand is made again, after its wait.</summary>
    public bool IsRepeated { get; private set; }

    /// <summary>Pieces of the guest's memory, for one transfer.</summary>
    public GuestIoVector Pieces => _pieces ??= new GuestIoVector();

    /// <summary>Room for what is copied on the way.</summary>
    public PinnedBuffer Scratch => _scratch ??= new PinnedBuffer();

    /// <summary>Room for a guest's list of buffers.</summary>
    public guest_iovec[] Vectors => _vectors ??= new guest_iovec[MaxBuffers];

    /// <summary>
    /// Whether the VM was told to stop: a call that takes long looks between two pieces of its work, and ends with what it has
    /// done, or with EINTR when that is nothing.
    /// </summary>
    public bool IsStopped => _stop is { IsRequested: true };

    /// <summary>Says which directory the guest begins in.</summary>
    public void Begin(byte[] directory) => (Directory, _firstDirectory) = (directory, directory);

    /// <summary>Forgets the last call.</summary>
    /// <param name="call">The next one.</param>
    /// <param name="stop">What ends it; null for nothing.</param>
    public void BeginCall(in GuestCall call, VmStopSignal? stop)
    {
        Buffers.Begin();
        Wait = null;
        IsRetried = false;
        _stop = stop;
        _call = call;
        Waiter = WaiterOf(call.Vcpu);
        IsRepeated = Waiter.Begin(Waiting(call));
    }

    /// <summary>What the call at hand has kept ends with it, unless it is to be made again.</summary>
    public void EndCall()
    {
        if (!IsRetried)
        {
            Waiter.End();
        }
    }

    /// <summary>Has the guest wait because it writes faster than it may.</summary>
    /// <param name="nanoseconds">How long.</param>
    public void Throttle(long nanoseconds) => Wait = new VcpuWait(nanoseconds, IsThrottle: true);

    /// <summary>Whether the call is to be made again when the wait is over, by whatever ended it.</summary>
    public bool IsRetried { get; private set; }

    /// <summary>Has the guest wait until its vCPU is woken, and then make the call again.</summary>
    /// <param name="nanoseconds">How long at the most; negative for ever.</param>
    /// <param name="forInput">Whether standard input that can be read wakes it, too.</param>
    public void WaitToBeWoken(long nanoseconds = -1, bool forInput = false)
    {
        Wait = new VcpuWait(nanoseconds, forInput);
        IsRetried = true;
        Waiter.Wait(Waiting(_call));
    }

    /// <summary>An open file; the one that the call waited for, where it is made again, whatever its descriptor has become.</summary>
    public GuestFile? FileOf(int fd) => IsRepeated && Waiter.Held is { } held ? held : Table[fd];

    /// <summary>Has the guest wait for one file, and then make the call again, with the same file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="wanted">What it waits for.</param>
    /// <param name="interrupted">What the call answers where a signal has ended the wait.</param>
    /// <param name="nanoseconds">How long at the most; negative for ever.</param>
    /// <returns>The answer; without meaning when the guest waits.</returns>
    public long WaitFor(GuestFile file, PollEvents wanted, Errno interrupted, long nanoseconds = -1)
    {
        if (_call.IsInterrupted)
        {
            return interrupted.ToResult();
        }

        var wait = new FileWait();
        Watch(file, wanted, ref wait);
        if (!file.IsLiveInput)
        {
            Waiter.Hold(file);
        }

        WaitFor(wait, nanoseconds);
        return 0;
    }

    /// <summary>Has the guest woken when a file may have become ready.</summary>
    public void Watch(GuestFile file, PollEvents wanted, ref FileWait wait)
    {
        if (file.CanPoll)
        {
            Waiter.Enter(file.Waiters);
            file.AddTo(ref wait, wanted);
        }
    }

    /// <summary>Has the guest wait for the files that it watches, and then make the call again.</summary>
    public void WaitFor(FileWait wait, long nanoseconds)
    {
        wait.EndIn(nanoseconds);
        WaitToBeWoken(wait.Nanoseconds, wait.ForInput);
    }

    /// <summary>Whether a mask of signals could be one. What it means is the kernel's matter.</summary>
    /// <returns>None, EINVAL or EFAULT.</returns>
    public Errno CheckMask(in GuestCall call, ulong address, ulong bytes) => address == 0 ? Errno.None
        : bytes != sizeof(ulong) ? Errno.EINVAL : Buffers.Read(call.Space, address, out ulong _);

    /// <summary>Reads a path.</summary>
    /// <param name="space">What kind of address it has.</param>
    /// <param name="directory">The descriptor it is relative to.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="path">The path, until the next one is read.</param>
    /// <param name="isSecond">Whether it is kept apart from the last one, for calls with two.</param>
    /// <returns>ENOENT for an empty one, of which nothing else is said.</returns>
    public Errno Read(AddressSpace space, int directory, ulong address, out PathArgument path, bool isSecond = false)
    {
        path = default;
        var buffer = isSecond ? _otherPath : _path;
        var errno = Buffers.ReadPath(space, address, buffer, out var length);
        if (errno != Errno.None || length == 0)
        {
            return errno == Errno.None ? Errno.ENOENT : errno;
        }

        var start = Directory;
        if (buffer[0] != (byte)'/' && directory != CurrentDirectory)
        {
            if (Table[directory] is not { } file)
            {
                return Errno.EBADF;
            }

            if (file.Path is null || file.GetStatus(out var status) < 0 || (status.st_mode & ModeBits.Type) != ModeBits.Directory)
            {
                return Errno.ENOTDIR;
            }

            start = file.Path;
        }

        path = new PathArgument { Start = start, Text = buffer.AsSpan(0, length) };
        return Errno.None;
    }

    /// <summary>Finds what a path leads to.</summary>
    /// <param name="path">The path.</param>
    /// <param name="mode">What is wanted.</param>
    /// <param name="result">Where it leads, to be disposed; null on failure.</param>
    public Errno Find(in PathArgument path, LookupMode mode, out LookupResult? result) => Namespace.Find(path.Start, path.Text, mode, out result);

    /// <summary>Reads a path and finds what it leads to.</summary>
    /// <param name="space">What kind of address it has.</param>
    /// <param name="directory">The descriptor it is relative to.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="mode">What is wanted.</param>
    /// <param name="result">Where it leads, to be disposed; null on failure.</param>
    public Errno Find(AddressSpace space, int directory, ulong address, LookupMode mode, out LookupResult? result)
    {
        result = null;
        var errno = Read(space, directory, address, out var path);
        return errno == Errno.None ? Find(path, mode, out result) : errno;
    }

    /// <summary>After a directory was renamed, what is open below it has another path.</summary>
    /// <param name="from">The path it had.</param>
    /// <param name="to">The path it has.</param>
    /// <param name="isExchange">Whether what was there now has the first path.</param>
    public void Move(byte[] from, byte[] to, bool isExchange)
    {
        Directory = Moved(Directory);
        foreach (var file in Table.Files)
        {
            file.Path = file.Path is null ? null : Moved(file.Path);
        }

        byte[] Moved(byte[] path) => GuestPath.TryMove(path, from, to) ?? (isExchange ? GuestPath.TryMove(path, to, from) : null) ?? path;
    }

    /// <summary>Closes the open files.</summary>
    public void Dispose()
    {
        foreach (var waiter in _waiters)
        {
            waiter?.End();
        }

        Shared.Dispose();
        RandomDevice.Dispose();
        Table.Dispose();
    }

    private static WaitingCall Waiting(in GuestCall call) => new((int)call.Number, call.First, call.Second, call.Third);

    private Waiter WaiterOf(int vcpu)
    {
        while (_waiters.Count <= vcpu)
        {
            _waiters.Add(null);
        }

        return _waiters[vcpu] ??= new Waiter(vcpu, Vcpus);
    }
}
