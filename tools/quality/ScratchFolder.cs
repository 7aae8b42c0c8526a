// SPDX-License-Identifier: MIT
namespace Phi4.Quality;

/// <summary>A folder that goes away again.</summary>
internal sealed class ScratchFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("phi4-quality-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
