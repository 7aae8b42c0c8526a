// SPDX-License-Identifier: MIT
using System.Security.Cryptography;

namespace Phi4.Kernels.Cuda.Modules;

/// <summary>
/// What the driver made of PTX, kept on disk, so that it is made once and not at every start. A file is its content's SHA-256 and the content. It is written under a
/// name of its own and then renamed, so several processes can't disturb each other; what is not as it should be counts as absent. Only a help: whatever the disk says, modules load.
/// </summary>
internal sealed class ModuleCache
{
    private const string Variable = "PHI4_CUDA_CACHE";

    private readonly string _folder;

    public ModuleCache(string folder) => _folder = folder;

    /// <summary>The user's: in the folder that <c>PHI4_CUDA_CACHE</c> names, else in the system's place for such files. Null if the variable says <c>0</c>.</summary>
    public static ModuleCache? OfUser()
    {
        string? wish = Environment.GetEnvironmentVariable(Variable);
        if (wish == "0")
        {
            return null;
        }

        if (!string.IsNullOrEmpty(wish))
        {
            return new ModuleCache(wish);
        }

        string? root = OperatingSystem.IsLinux() ? Environment.GetEnvironmentVariable("XDG_CACHE_HOME") : null;
        if (string.IsNullOrEmpty(root))
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            root = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : home.Length == 0 ? "" : Path.Combine(home, ".cache");
        }

        return root.Length == 0 ? null : new ModuleCache(Path.Combine(root, "phi4-engine", "cuda"));
    }

    /// <summary>The entry's content, or null if there is none, or none that is whole.</summary>
    public byte[]? Read(string key)
    {
        try
        {
            byte[] file = File.ReadAllBytes(PathOf(key));
            return file.Length > SHA256.HashSizeInBytes && SHA256.HashData(file.AsSpan(SHA256.HashSizeInBytes)).AsSpan().SequenceEqual(file.AsSpan(0, SHA256.HashSizeInBytes))
                ? file[SHA256.HashSizeInBytes..]
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps an entry, in place of what may be there.</summary>
    public void Write(string key, byte[] content)
    {
        string temporary = $"{PathOf(key)}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(_folder);
            using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(SHA256.HashData(content));
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, PathOf(key), overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Remove(temporary);
        }
    }

    /// <summary>Forgets an entry.</summary>
    public void Forget(string key) => Remove(PathOf(key));

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private string PathOf(string key) => Path.Combine(_folder, key + ".cubin");
}
