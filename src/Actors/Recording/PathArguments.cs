using KvmActors.Actors.Hypercalls;

namespace KvmActors.Actors.Recording;

/// <summary>Which argument of a call is a path.</summary>
internal static class PathArguments
{
    /// <summary>The guest's address of a call's (first) path; null when it has none.</summary>
    public static ulong? Find(in FileRequest request) => request.Id switch
    {
        HypercallId.Open or HypercallId.Stat or HypercallId.Lstat or HypercallId.Access or HypercallId.Readlink or HypercallId.Chdir
            or HypercallId.Rename or HypercallId.Mkdir or HypercallId.Rmdir or HypercallId.Creat or HypercallId.Link
            or HypercallId.Unlink or HypercallId.Symlink => request.First,
        HypercallId.Openat or HypercallId.Newfstatat or HypercallId.Faccessat or HypercallId.Faccessat2 or HypercallId.Readlinkat
            or HypercallId.Statx or HypercallId.Mkdirat or HypercallId.Unlinkat or HypercallId.Renameat or HypercallId.Renameat2
            or HypercallId.Linkat => request.Second,
        _ => null,
    };
}
