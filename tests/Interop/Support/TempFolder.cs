namespace KvmActors.Interop.Tests.Support;

/// <summary>A folder that is gone with the test.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("kvmactors-").FullName;

    /// <summary>The full path of something in the folder.</summary>
    public string this[string relative] => Path.Combine(Root, relative);

    public string AddFile(string relative, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[relative])!);
        File.WriteAllText(this[relative], content);
        return this[relative];
    }

    public string AddFolder(string relative) => Directory.CreateDirectory(this[relative]).FullName;

    public void AddLink(string relative, string target) => File.CreateSymbolicLink(this[relative], target);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
