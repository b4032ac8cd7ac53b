using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmActors.Interop.Libc;

/// <summary>
/// Has calls of the kernel and the C library fail on purpose, so that tests see what becomes of it. On only where the runtime's
/// configuration (<c>runtimeconfig.json</c>) has <see cref="Setting"/>, which no environment variable and no option can bring about.
/// </summary>
internal static class FaultInjection
{
    /// <summary>The setting: a plan (<see cref="FaultPlan.Parse"/>), or anything else to begin without one.</summary>
    public const string Setting = "KvmActors.Interop.Faults";

    /// <summary>Whether calls may fail on purpose. Read once, so the compiler takes it for a constant, and what hangs on it away.</summary>
    public static readonly bool IsOn = AppContext.GetData(Setting) is string;

    private static FaultPlan? _plan = FaultPlan.Parse(AppContext.GetData(Setting) as string ?? "");

    /// <summary>Has calls fail as planned, whichever thread makes them, until the plan is disposed.</summary>
    public static FaultPlan Arrange(FaultPlan plan) => IsOn
        ? _plan = plan
        : throw new InvalidOperationException($"The runtime's configuration does not have {Setting}.");

    /// <summary>Ends a plan.</summary>
    public static void End(FaultPlan plan) => Interlocked.CompareExchange(ref _plan, null, plan);

    /// <summary>Whether a call about to be made is to fail; then errno is set.</summary>
    /// <param name="call">The function, or <c>syscall</c>.</param>
    /// <param name="request">The ioctl's request, or the system call's number.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool Fails(string call, nuint request = 0)
    {
        if (_plan is not { } plan)
        {
            return false;
        }

        // What the runtime does meanwhile must not be taken for what the last call left behind.
        var before = Marshal.GetLastPInvokeError();
        var errno = plan.Next(call, request, plan.WantsSites ? SiteOf(call, request) : "");
        Marshal.SetLastPInvokeError(errno == Errno.None ? before : (int)errno);
        return errno != Errno.None;
    }

    // Where the call stands in this assembly's code: its method and the offset in it, in Debug builds exact.
    private static string SiteOf(string call, nuint request)
    {
        foreach (var frame in new StackTrace(fNeedFileInfo: false).GetFrames())
        {
            if (DiagnosticMethodInfo.Create(frame) is { DeclaringTypeName: { } type } method
                && type != typeof(FaultInjection).FullName && type != typeof(LibC).FullName)
            {
                var name = type[(type.LastIndexOfAny(['.', '+']) + 1)..];
                return string.Create(CultureInfo.InvariantCulture, $"{name}.{method.Name}+{frame.GetILOffset():x}/{call}:{request:x}");
            }
        }

        return call;
    }
}
