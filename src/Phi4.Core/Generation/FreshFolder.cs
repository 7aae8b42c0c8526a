// SPDX-License-Identifier: MIT
namespace Phi4.Core.Generation;

/// <summary>A folder that is filled under a name of its own beside its place, and appears there when it is complete. Disposed before that, it is gone.</summary>
internal sealed class FreshFolder : IDisposable
{
    private readonly string _target;
    private bool _isPublished;

    private FreshFolder(string target)
    {
        _target = target;
        Path = $"{target}.partial-{Guid.NewGuid():N}";
    }

    /// <summary>Where to write.</summary>
    public string Path { get; }

    /// <summary>Makes the folder to be filled.</summary>
    /// <exception cref="InvalidOptionsException">Something has the name already.</exception>
    public static FreshFolder Create(string target)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(target));
        RequireFree(full);
        var folder = new FreshFolder(full);
        Directory.CreateDirectory(folder.Path);
        return folder;
    }

    /// <summary>There is room for so many bytes.</summary>
    public void RequireRoom(long byteCount)
    {
        long free = new DriveInfo(Path).AvailableFreeSpace;
        if (free < byteCount)
        {
            throw new InsufficientDiskSpaceException(_target, byteCount, free);
        }
    }

    /// <summary>Gives the folder its name.</summary>
    public void Publish()
    {
        RequireFree(_target);
        Directory.Move(Path, _target);
        _isPublished = true;
    }

    public void Dispose()
    {
        if (!_isPublished)
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private static void RequireFree(string path)
    {
        if (System.IO.Path.Exists(path))
        {
            throw new InvalidOptionsException("output", path, "a path where there is nothing yet");
        }
    }
}
