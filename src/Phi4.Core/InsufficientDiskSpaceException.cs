// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>A checkpoint does not fit on the disk that it should be written to. Nothing was written.</summary>
public sealed class InsufficientDiskSpaceException : Phi4Exception
{
    /// <summary>An error with the numbers behind it.</summary>
    /// <param name="folder">Where it should be written.</param>
    /// <param name="requiredBytes">Bytes of its files.</param>
    /// <param name="availableBytes">Free bytes there.</param>
    public InsufficientDiskSpaceException(string folder, long requiredBytes, long availableBytes)
        : base(FormattableString.Invariant($"{folder}: {requiredBytes:N0} bytes are to be written, and {availableBytes:N0} are free."))
    {
        Folder = folder;
        RequiredBytes = requiredBytes;
        AvailableBytes = availableBytes;
    }

    /// <summary>Where it should be written.</summary>
    public string Folder { get; }

    /// <summary>Bytes of the files.</summary>
    public long RequiredBytes { get; }

    /// <summary>Free bytes.</summary>
    public long AvailableBytes { get; }
}
