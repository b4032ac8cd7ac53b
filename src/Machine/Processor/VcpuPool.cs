using KvmActors.Interop.Libc;

namespace KvmActors.Machine.Processor;

/// <summary>
/// The vCPUs of one VM by their numbers, for those that have something to say to one another; and those that its guest starts while it
/// runs, which are brought when they are first wanted. Safe from any thread.
/// </summary>
/// <param name="machine">The machine; null where there are none to start or flush.</param>
public sealed class VcpuPool(IVirtualMachine? machine = null)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    private readonly object _gate = new();
    private Place[] _places = [new()];

    /// <summary>How many processors its guest is to show its program, at least 1.</summary>
    public int Processors { get; set; } = 1;

    /// <summary>The number of the first vCPU that the guest may start: those before it are there from the beginning.</summary>
    public int First { get; set; } = 1;

    /// <summary>How many vCPUs there may be; those there are from the beginning count.</summary>
    public int Limit { get; set; }

    /// <summary>The host's processors for their threads, once the guest has started one; null for all.</summary>
    public ProcessorShare? Share { get; set; }

    /// <summary>
    /// Has the vCPU of a number run, which may have to be made first: <see cref="Add"/> or <see cref="Fail"/> follows, and then it asks for
    /// <see cref="TakeStart"/>. Null where no vCPU can be started.
    /// </summary>
    public Action<int>? Bring { get; set; }

    /// <summary>Whether any vCPU was started by the guest.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>Adds a vCPU, or another one of that number.</summary>
    public void Add(IVcpu vcpu)
    {
        ArgumentNullException.ThrowIfNull(vcpu);
        lock (_gate)
        {
            At(vcpu.Index).Vcpu = vcpu;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>A vCPU that was to be brought cannot be had.</summary>
    public void Fail(int vcpu)
    {
        lock (_gate)
        {
            At(vcpu).HasFailed = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The vCPU of a number; null when there is none.</summary>
    public IVcpu? Find(int vcpu)
    {
        lock (_gate)
        {
            return (uint)vcpu < (uint)_places.Length ? _places[vcpu].Vcpu : null;
        }
    }

    /// <summary>Ends a vCPU's wait, or its next one at once: <see cref="IVcpu.Wake"/>. Nothing where there is no such vCPU.</summary>
    public void Wake(int vcpu) => Find(vcpu)?.Wake();

    /// <summary>The same of all vCPUs: each looks whether there is what it waits for.</summary>
    public void WakeAll()
    {
        lock (_gate)
        {
            foreach (var place in _places)
            {
                place.Vcpu?.Wake();
            }
        }
    }

    /// <summary>Has all vCPUs but one forget translations of addresses: <see cref="IVirtualMachine.FlushOthers"/>.</summary>
    public void FlushOthers(int vcpu)
    {
        if (HasStarted)
        {
            machine?.FlushOthers(vcpu);
        }
    }

    /// <summary>Starts a vCPU that does not run. The calling vCPU's thread, which alone may block, waits while it is made.</summary>
    /// <param name="index">Its number.</param>
    /// <param name="start">Where it begins.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <returns>EINVAL for one that runs already, EAGAIN when it cannot be had.</returns>
    public Errno Start(int index, VcpuStart start, VmStopSignal stop)
    {
        ArgumentNullException.ThrowIfNull(stop);
        IVcpu? parked;
        lock (_gate)
        {
            if (index < First || index >= Limit || Bring is null)
            {
                return index < First ? Errno.EINVAL : Errno.EAGAIN;
            }

            var place = At(index);
            if (place.IsBusy)
            {
                return Errno.EINVAL;
            }

            HasStarted = true;
            (place.IsBusy, place.HasFailed, place.Start) = (true, false, start);
            parked = place.IsBrought ? place.Vcpu : null;
            place.IsBrought = true;
        }

        if (parked is not null)
        {
            parked.Wake();
            return Errno.None;
        }

        // Before anybody could find that it is not there.
        machine?.Expect(index, isComing: true);
        Bring(index);
        if (IsBrought(index, stop))
        {
            return Errno.None;
        }

        machine?.Expect(index, isComing: false);
        return Errno.EAGAIN;
    }

    /// <summary>Takes what a vCPU is to begin with; null when nobody has started it.</summary>
    public VcpuStart? TakeStart(int vcpu)
    {
        lock (_gate)
        {
            var place = At(vcpu);
            var start = place.Start;
            place.Start = null;
            return start;
        }
    }

    /// <summary>A vCPU executes nothing any more, and can be started.</summary>
    public void Park(int vcpu)
    {
        lock (_gate)
        {
            var place = At(vcpu);
            (place.IsBusy, place.IsBrought) = (false, true);
        }
    }

    /// <summary>Another guest begins: no vCPU has been started. Call while none runs.</summary>
    public void Renew()
    {
        lock (_gate)
        {
            HasStarted = false;
            foreach (var place in _places)
            {
                place.Vcpu?.TakeNotice();
                (place.IsBusy, place.IsBrought, place.HasFailed, place.Start) = (false, false, false, null);
            }
        }
    }

    private bool IsBrought(int index, VmStopSignal stop)
    {
        lock (_gate)
        {
            var place = At(index);
            while (place.Vcpu is null && !place.HasFailed && !stop.IsRequested)
            {
                Monitor.Wait(_gate, BetweenLooks);
            }

            if (place.Vcpu is not null && !place.HasFailed)
            {
                return true;
            }

            (place.IsBusy, place.IsBrought, place.Start) = (false, false, null);
            return false;
        }
    }

    private Place At(int index)
    {
        if (index >= _places.Length)
        {
            var first = _places.Length;
            Array.Resize(ref _places, Math.Max(index + 1, first * 2));
            for (var added = first; added < _places.Length; added++)
            {
                _places[added] = new Place();
            }
        }

        return _places[index];
    }

    private sealed class Place
    {
        public IVcpu? Vcpu { get; set; }

        /// <summary>Where it begins; null when it has taken that, or nobody has started it.</summary>
        public VcpuStart? Start { get; set; }

        /// <summary>Whether it executes, or is about to.</summary>
        public bool IsBusy { get; set; }

        /// <summary>Whether a thread runs it, which waits for its start when it is not busy.</summary>
        public bool IsBrought { get; set; }

        public bool HasFailed { get; set; }
    }
}
